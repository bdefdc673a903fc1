/* Today's bookings against a usual day, redrawn every ten seconds. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const node = document.getElementById("day");
  if (!node || !window.echarts) return;
  const chart = window.echarts.init(node);
  const text = { color: "#a9c9c2", fontSize: 16 };
  const draw = async () => {
    const answer = await fetch(node.dataset.source, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const { today, usual } = await answer.json();
    chart.setOption({
      grid: { left: 72, right: 24, top: 44, bottom: 36 },
      legend: { data: ["今天", "平常"], textStyle: text, top: 0, right: 0 },
      xAxis: { type: "category", data: usual.map((_, hour) => `${hour}:59`), axisLabel: text },
      yAxis: { type: "value", minInterval: 1, axisLabel: text, splitLine: { lineStyle: { color: "#24403a" } } },
      series: [
        { name: "今天", type: "line", data: today, symbol: "none", lineStyle: { width: 4 }, areaStyle: { opacity: 0.15 } },
        { name: "平常", type: "line", data: usual, symbol: "none", lineStyle: { width: 3, type: "dashed" } },
      ],
      color: ["#3ad1bb", "#a9c9c2"],
      animation: false,
    });
  };
  draw();
  window.setInterval(draw, 10000);
  window.addEventListener("resize", () => chart.resize());
});
