{{- define "hub.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "hub.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{- end -}}
{{- end -}}
{{- end }}

{{/* Labels of an object; `hub.selector` are those pods are chosen by, and they never change. Both take (dict "top" . "component" name). */}}
{{- define "hub.selector" -}}
app.kubernetes.io/name: health-district-hub
app.kubernetes.io/instance: {{ .top.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "hub.labels" -}}
{{ include "hub.selector" . }}
app.kubernetes.io/version: {{ .top.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .top.Release.Service }}
helm.sh/chart: {{ .top.Chart.Name }}-{{ .top.Chart.Version }}
{{- end }}

{{/*
The processes: what each may reach, who may come to it, and what it is trusted with.
  reaches  keys of .Values.network it may open connections to (DNS besides)
  serves   its port for visitors, and `from`: a key of .Values.network
  metrics  its port for the scraper, and for probes where there is no other
  data     whether it is given the database and the key ring
  owner    whether it is given the owner's address
*/}}
{{- define "hub.components" -}}
{{- $all := dict
  "web" (dict "set" .Values.web "reaches" (list "database" "redis" "objects") "serves" 8000 "from" "ingressController" "metrics" 8000 "data" true)
  "sse" (dict "set" .Values.sse "reaches" (list "redis") "serves" 8001 "from" "ingressController")
  "relay" (dict "set" .Values.relay "reaches" (list "database" "redis" "objects" "hospitals" "outside") "metrics" 9109 "data" true)
  "scheduler" (dict "set" .Values.scheduler "reaches" (list "redis"))
-}}
{{- if .Values.synthetic.enabled -}}
{{- $_ := set $all "synthetic" (dict "set" .Values.synthetic "reaches" (list "database" "redis" "entrance") "metrics" 9109 "data" true) -}}
{{- end -}}
{{- if .Values.hl7.enabled -}}
{{- $_ := set $all "hl7" (dict "set" .Values.hl7 "reaches" (list "database" "redis") "serves" .Values.hl7.port "from" "hospitals" "metrics" 9109 "data" true) -}}
{{- end -}}
{{- range $queue, $set := .Values.workers -}}
{{- $_ := set $all (printf "worker-%s" $queue) (dict "set" $set "queue" $queue "reaches" $set.reaches "metrics" 9109 "data" true "owner" (eq $queue "institutions")) -}}
{{- end -}}
{{- toYaml $all -}}
{{- end }}

{{/* One secret as an environment variable: (list variable secret key). */}}
{{- define "hub.secretEnv" -}}
- name: {{ index . 0 }}
  valueFrom:
    secretKeyRef:
      name: {{ index . 1 }}
      key: {{ index . 2 }}
{{- end }}

{{/* The environment of a process: (dict "top" . "data" bool "objects" bool "owner" bool). */}}
{{- define "hub.env" -}}
{{- $v := .top.Values -}}
- {name: HUB_BASE_HOST, value: {{ $v.hub.baseHost | quote }}}
- {name: HUB_PUBLIC_ORIGIN, value: {{ $v.hub.publicOrigin | quote }}}
- {name: HUB_ROLE_PREFIX, value: {{ $v.hub.rolePrefix | quote }}}
- {name: HUB_LOG_LEVEL, value: {{ $v.hub.logLevel | quote }}}
- {name: HUB_TRUSTED_PROXIES, value: {{ $v.hub.trustedProxies | quote }}}
- {name: HUB_HELPLINE, value: {{ $v.hub.helpline | quote }}}
- {name: HUB_PASSWORD_PROFILE, value: {{ $v.hub.passwordProfile | quote }}}
- {name: HUB_CIPHER_SUITE, value: {{ $v.hub.cipherSuite | quote }}}
- {name: HUB_METRICS_NETWORKS, value: {{ join "," $v.network.podCidrs | quote }}}
{{- with $v.hub.rates }}
- {name: HUB_RATES, value: {{ . | quote }}}
{{- end }}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
- {name: HUB_ALLOWED_HOSTS, value: {{ join "," (prepend $v.hub.allowedHosts "$(POD_IP)") | quote }}}
{{ include "hub.secretEnv" (list "HUB_SECRET_KEY" $v.secrets.django.name $v.secrets.django.key) }}
{{ include "hub.secretEnv" (list "HUB_REDIS_URL" $v.secrets.redis.name $v.secrets.redis.key) }}
{{- if or .data .owner }}
{{ include "hub.secretEnv" (list "HUB_REGION_DATABASE_URL" $v.secrets.database.name $v.secrets.database.regionKey) }}
{{ include "hub.secretEnv" (list "HUB_HOSPITAL_DATABASE_URL" $v.secrets.database.name $v.secrets.database.hospitalKey) }}
{{- with $v.databases }}
- {name: HUB_HOSPITAL_DATABASES, value: {{ keys . | sortAlpha | join "," | quote }}}
{{- end }}
{{- range $name, $one := $v.databases }}
{{ include "hub.secretEnv" (list (printf "HUB_HOSPITAL_DATABASE_URL_%s" (upper $name)) $one.name $one.hospitalKey) }}
{{- end }}
{{- else }}
# The settings are read whole, but this process opens no database.
- {name: HUB_REGION_DATABASE_URL, value: "postgresql://none:none@127.0.0.1:1/none"}
- {name: HUB_HOSPITAL_DATABASE_URL, value: "postgresql://none:none@127.0.0.1:1/none"}
{{- end }}
{{- if .owner }}
{{ include "hub.secretEnv" (list "HUB_OWNER_DATABASE_URL" $v.secrets.owner.name $v.secrets.owner.key) }}
{{- range $name, $one := $v.databases }}
{{ include "hub.secretEnv" (list (printf "HUB_OWNER_DATABASE_URL_%s" (upper $name)) $one.name $one.ownerKey) }}
{{- end }}
{{- end }}
{{- if .data }}
- {name: HUB_KEYRING, value: /etc/hub/keyring/keyring.json}
- {name: HUB_WECHAT_APPID, value: {{ $v.hub.wechatAppId | quote }}}
- {name: HUB_WECHAT_AUTHORIZE_ORIGIN, value: {{ $v.hub.wechatAuthorizeOrigin | quote }}}
- {name: HUB_WECHAT_PAY_URL, value: {{ $v.hub.outside.wechatPay | quote }}}
- {name: HUB_WECHAT_OPEN_URL, value: {{ $v.hub.outside.wechatOpen | quote }}}
- {name: HUB_ALIPAY_APPID, value: {{ $v.hub.alipayAppId | quote }}}
- {name: HUB_ALIPAY_AUTHORIZE_ORIGIN, value: {{ $v.hub.alipayAuthorizeOrigin | quote }}}
- {name: HUB_CITY_APP_ID, value: {{ $v.hub.cityAppId | quote }}}
- {name: HUB_CITY_APP_AUTHORIZE_URL, value: {{ $v.hub.cityAppAuthorizeUrl | quote }}}
- {name: HUB_SIGN_IN_PLATFORMS, value: {{ $v.hub.signInPlatforms | quote }}}
- {name: HUB_ALIPAY_URL, value: {{ $v.hub.outside.alipay | quote }}}
- {name: HUB_CITY_APP_URL, value: {{ $v.hub.outside.cityApp | quote }}}
- {name: HUB_SMS_URL, value: {{ $v.hub.outside.sms | quote }}}
- {name: HUB_CITY_IDENTITY_URL, value: {{ $v.hub.outside.cityIdentity | quote }}}
- {name: HUB_INSURER_URL, value: {{ $v.hub.outside.insurer | quote }}}
- {name: HUB_HEALTH_CARD_URL, value: {{ $v.hub.outside.healthCard | quote }}}
- {name: HUB_DATA_FOUNDATION_URL, value: {{ $v.hub.outside.dataFoundation | quote }}}
- {name: HUB_WECHAT_FOLLOW_URL, value: {{ $v.hub.outside.wechatFollow | quote }}}
{{- end }}
{{- if .objects }}
- {name: HUB_S3_ENDPOINT, value: {{ $v.objects.endpoint | quote }}}
- {name: HUB_S3_BUCKET, value: {{ $v.objects.bucket | quote }}}
- {name: HUB_S3_SECURE, value: {{ ternary "yes" "no" $v.objects.secure | quote }}}
{{ include "hub.secretEnv" (list "HUB_S3_ACCESS_KEY" $v.secrets.objects.name $v.secrets.objects.accessKey) }}
{{ include "hub.secretEnv" (list "HUB_S3_SECRET_KEY" $v.secrets.objects.name $v.secrets.objects.secretKey) }}
{{- end }}
{{- if $v.trustBundle.configMapName }}
- {name: SSL_CERT_FILE, value: /etc/hub/ca/ca.crt}
{{- end }}
{{- end }}

{{- define "hub.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "hub.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
privileged: false
capabilities: {drop: [ALL]}
{{- end }}

{{/* What every pod says before its containers: (dict "top" . "component" name). */}}
{{- define "hub.podBase" -}}
serviceAccountName: {{ include "hub.name" .top }}-{{ .component }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .top.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  {{- include "hub.podSecurity" . | nindent 2 }}
{{- with .top.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .top.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "hub.mounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: metrics, mountPath: /run/hub/metrics}
{{- if .data }}
- name: keyring
  mountPath: /etc/hub/keyring
  readOnly: {{ not .top.Values.keyring.claimName }}
{{- end }}
{{- if .top.Values.trustBundle.configMapName }}
- {name: ca, mountPath: /etc/hub/ca, readOnly: true}
{{- end }}
{{- end }}

{{- define "hub.volumes" -}}
- {name: tmp, emptyDir: {sizeLimit: 256Mi}}
- {name: metrics, emptyDir: {sizeLimit: 64Mi}}
{{- if .data }}
- name: keyring
  {{- if .top.Values.keyring.claimName }}
  persistentVolumeClaim: {claimName: {{ .top.Values.keyring.claimName }}}
  {{- else }}
  secret:
    secretName: {{ .top.Values.keyring.secretName }}
    defaultMode: 0440
  {{- end }}
{{- end }}
{{- if .top.Values.trustBundle.configMapName }}
- {name: ca, configMap: {name: {{ .top.Values.trustBundle.configMapName }}}}
{{- end }}
{{- end }}
