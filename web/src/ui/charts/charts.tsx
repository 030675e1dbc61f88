import { BarChart, DonutChart, LineChart } from "@mantine/charts";
import "@mantine/charts/styles.css";
import { colorAt, type Slice } from "./colors";

/** The figures are in a table beside it: the drawing itself is no stop of the Tab key. */
const PLAIN = { accessibilityLayer: false };

interface ChartProps {
  label: string;
  kind: "pie" | "bar" | "line";
  slices?: Slice[];
  points?: Record<string, string | number>[];
  series?: string[];
}

/** A chart, with the same figures as a table for who cannot see it. */
export default function Chart({ label, kind, slices = [], points = [], series = [] }: ChartProps) {
  const coloured = slices.map((slice, at) => ({ ...slice, color: colorAt(at) }));
  return (
    <figure style={{ margin: 0, height: "100%", minHeight: 0 }}>
      <figcaption className="visually-hidden">{label}</figcaption>
      <div aria-hidden style={{ height: "100%", display: "flex", alignItems: "center", justifyContent: "center" }}>
        {kind === "pie" && (
          <DonutChart
            data={coloured}
            size={170}
            thickness={26}
            withTooltip
            tooltipDataSource="segment"
            pieChartProps={PLAIN}
            pieProps={{ tabIndex: -1, rootTabIndex: -1 }}
          />
        )}
        {kind === "bar" && (
          <BarChart
            h="100%"
            w="100%"
            data={slices.map(({ name, value }) => ({ name, value }))}
            dataKey="name"
            barChartProps={PLAIN}
            series={[{ name: "value", color: "fairway.6" }]}
          />
        )}
        {kind === "line" && (
          <LineChart
            h="100%"
            w="100%"
            data={points}
            dataKey="date"
            lineChartProps={PLAIN}
            withLegend={series.length > 1}
            series={series.map((name, at) => ({ name, color: colorAt(at) }))}
          />
        )}
      </div>
    </figure>
  );
}
