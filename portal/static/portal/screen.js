/* The wall screen: told by the event stream what changed, it asks for that part. One look at a time: what is told
   while one is under way is looked at when it has come back, so that no older answer replaces a newer one. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const SOONEST = 200; // ms from the beginning of a look to the next
  const SLOW = 10000; // without events: look anyway
  const PATIENCE = 5000; // ms for an answer

  const parts = new Map();
  for (const node of document.querySelectorAll("[data-from]")) {
    const part = { last: 0, timer: 0, busy: false, again: false };
    const show = async () => {
      const answer = await fetch(node.dataset.from, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(PATIENCE) });
      if (!answer.ok || answer.redirected) return;
      const held = document.activeElement && node.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      node.innerHTML = await answer.text();
      if (held) node.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus();
    };
    const load = async () => {
      part.timer = 0;
      part.last = Date.now();
      part.busy = true;
      part.again = false;
      try {
        await show();
      } catch {
        // nobody answered in time: the next look, at the latest in ten seconds, tries again
      }
      part.busy = false;
      if (part.again) part.look();
    };
    part.look = () => {
      if (part.busy) part.again = true;
      else if (!part.timer) part.timer = window.setTimeout(load, Math.max(0, part.last + SOONEST - Date.now()));
    };
    parts.set(node.id, part);
    window.setInterval(part.look, SLOW);
  }

  const line = document.getElementById("line");
  const words = line.textContent;
  const source = new EventSource(document.body.dataset.events);
  const told = (live) => {
    line.classList.toggle("off", !live);
    line.textContent = live ? document.body.dataset.live : words;
  };
  source.addEventListener("hello", () => {
    told(true);
    for (const part of parts.values()) part.look();
  });
  source.addEventListener("figures", () => parts.get("figures").look());
  source.addEventListener("hospitals", () => parts.get("hospitals").look());
  source.addEventListener("error", () => told(false));

  const clock = document.getElementById("clock");
  const format = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", month: "long", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
  window.setInterval(() => { clock.textContent = format.format(new Date()); }, 1000);

  const node = document.getElementById("day");
  if (!node || !window.echarts) return;
  const chart = window.echarts.init(node);
  const text = { color: "#a9c9c2", fontSize: 16 };
  const flat = { type: "line", symbol: "none", silent: true, stack: "band", lineStyle: { opacity: 0 } };
  const draw = async () => {
    const answer = await fetch(node.dataset.source, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) return;
    const { today, usual, low, high } = await answer.json();
    const known = usual[usual.length - 1] > 0;
    chart.setOption({
      grid: { left: 72, right: 24, top: 44, bottom: 36 },
      legend: { data: known ? [document.body.dataset.today, document.body.dataset.usual] : [document.body.dataset.today], textStyle: text, top: 0, right: 0 },
      xAxis: { type: "category", boundaryGap: false, data: usual.map((_, hour) => `${hour + 1}:00`), axisLabel: { ...text, interval: 1 } },
      yAxis: { type: "value", minInterval: 1, axisLabel: text, splitLine: { lineStyle: { color: "#24403a" } } },
      series: [
        { ...flat, name: document.body.dataset.low, data: low },
        { ...flat, name: document.body.dataset.high, data: high.map((most, hour) => most - low[hour]), areaStyle: { color: "#a9c9c2", opacity: 0.16 } },
        { name: document.body.dataset.today, type: "line", data: today, symbol: "none", lineStyle: { width: 4 }, itemStyle: { color: "#3ad1bb" } },
        { name: document.body.dataset.usual, type: "line", data: known ? usual : [], symbol: "none", lineStyle: { width: 2, type: "dashed" }, itemStyle: { color: "#a9c9c2" } },
      ],
      animation: false,
    });
  };
  draw();
  window.setInterval(draw, SLOW);
  window.addEventListener("resize", () => chart.resize());
});
