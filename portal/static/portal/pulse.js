/* Bookings per minute, redrawn every ten seconds. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const node = document.getElementById("pulse");
  if (!node || !window.echarts) return;
  const chart = window.echarts.init(node);
  const draw = async () => {
    const answer = await fetch(node.dataset.source, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const { minutes } = await answer.json();
    chart.setOption({
      grid: { left: 40, right: 16, top: 16, bottom: 28 },
      tooltip: { trigger: "axis" },
      xAxis: { type: "category", data: minutes.map((row) => row.at), axisTick: { show: false } },
      yAxis: { type: "value", minInterval: 1 },
      series: [{ type: "line", name: "新增预约", smooth: true, symbol: "none", areaStyle: { opacity: 0.12 }, data: minutes.map((row) => row.count) }],
      color: ["#0b8a7a"],
      animation: false,
    });
  };
  draw();
  window.setInterval(draw, 10000);
  window.addEventListener("resize", () => chart.resize());
});
