/* Figures by day. */
"use strict";
document.addEventListener("DOMContentLoaded", async () => {
  const node = document.getElementById("figures");
  if (!node || !window.echarts) return;
  const answer = await fetch(node.dataset.source, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { days, series } = await answer.json();
  const chart = window.echarts.init(node);
  chart.setOption({
    grid: { left: 48, right: 16, top: 36, bottom: 28 },
    legend: { data: series.map((row) => row.name), top: 0 },
    tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: days, axisTick: { show: false } },
    yAxis: { type: "value", minInterval: 1 },
    series: series.map((row, index) => ({ ...row, type: index ? "line" : "bar", symbolSize: 6 })),
    color: ["#0b8a7a", "#8f5d12", "#c0392b", "#52606d"],
    animation: false,
  });
  window.addEventListener("resize", () => chart.resize());
});
