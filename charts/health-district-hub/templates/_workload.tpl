{{/*
One deployment: (dict "top" . "component" name "container" yaml "grace" seconds), and optionally "single", "more env",
"volumes" and "mounts" as YAML. `container` says command, ports, probes and what else is the process's own.
*/}}
{{- define "hub.deployment" -}}
{{- $table := include "hub.components" .top | fromYaml -}}
{{- $one := index $table .component -}}
{{- $about := dict "top" .top "component" .component "data" $one.data "objects" (has "objects" $one.reaches) "owner" $one.owner -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "hub.name" .top }}-{{ .component }}
  labels:
    {{- include "hub.labels" $about | nindent 4 }}
spec:
  {{- if .single }}
  replicas: 1
  {{- else if not $one.set.autoscaling.enabled }}
  replicas: {{ $one.set.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy:
    {{- if .single }}
    type: Recreate
    {{- else }}
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
    {{- end }}
  selector:
    matchLabels:
      {{- include "hub.selector" $about | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "hub.labels" $about | nindent 8 }}
      {{- if and .top.Values.monitoring.scrapeAnnotations $one.metrics }}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: {{ $one.metrics | quote }}
        prometheus.io/path: /metrics
      {{- end }}
    spec:
      {{- include "hub.podBase" $about | nindent 6 }}
      terminationGracePeriodSeconds: {{ .grace }}
      {{- if and .top.Values.spread (not .single) }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "hub.selector" $about | nindent 14 }}
      {{- end }}
      containers:
        - name: {{ .component }}
          image: {{ include "hub.image" .top }}
          imagePullPolicy: {{ .top.Values.image.pullPolicy }}
          {{- .container | nindent 10 }}
          env:
            {{- include "hub.env" $about | nindent 12 }}
            {{- with .env }}
            {{- . | nindent 12 }}
            {{- end }}
          securityContext:
            {{- include "hub.containerSecurity" . | nindent 12 }}
          resources:
            {{- toYaml $one.set.resources | nindent 12 }}
          volumeMounts:
            {{- include "hub.mounts" $about | nindent 12 }}
            {{- with .mounts }}
            {{- . | nindent 12 }}
            {{- end }}
      volumes:
        {{- include "hub.volumes" $about | nindent 8 }}
        {{- with .volumes }}
        {{- . | nindent 8 }}
        {{- end }}
{{- end }}
