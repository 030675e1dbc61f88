import { Box, ColorSwatch, Group, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useBlueprints } from "@/app/queries";
import { Chart } from "@/ui/charts";
import { colorAt, type Slice } from "@/ui/charts/colors";
import { Empty, Loaded } from "@/ui/states";
import { countsQuery, lineQuery, numberQuery } from "../api";
import { numberQuestion, queryOf, subjectOf, type Widget, withUnit } from "../model";

/** One number. */
export function NumberWidget({ widget }: { widget: Widget }) {
  const number = useQuery(numberQuery(numberQuestion(widget)));
  return (
    <Loaded query={number}>
      {(value) => (
        <Stack h="100%" justify="center" align="center" gap={0}>
          <Text fz={44} fw={650} lh={1.1}>
            {value === null ? "—" : withUnit(value, widget)}
          </Text>
        </Stack>
      )}
    </Loaded>
  );
}

const MOST = 12;

/** Entities by the values of a property: slices or bars, and the figures beside them. */
export function CountsWidget({ widget, kind }: { widget: Widget; kind: "pie" | "bar" }) {
  const counts = useQuery(countsQuery(subjectOf(widget.property), queryOf(widget)));
  return (
    <Loaded query={counts}>
      {(rows) => {
        if (rows.length === 0) return <Empty title="No entities" />;
        const named = rows.map(({ value, count }) => ({
          name: value === null ? "(none)" : String(value),
          value: count,
        }));
        const rest = named.slice(MOST).reduce((sum, { value }) => sum + value, 0);
        const slices = [...named.slice(0, MOST), ...(rest > 0 ? [{ name: "others", value: rest }] : [])];
        return (
          <Group h="100%" wrap="nowrap" align="stretch" gap="sm">
            <Box flex={1} miw={120}>
              <Chart label={widget.title ?? "Chart"} kind={kind} slices={slices} />
            </Box>
            <Figures label={widget.title ?? "Figures"} slices={slices} />
          </Group>
        );
      }}
    </Loaded>
  );
}

function Figures({ label, slices }: { label: string; slices: Slice[] }) {
  return (
    <Box style={{ overflow: "auto" }} tabIndex={0} role="region" aria-label={`${label}, figures`} maw={210}>
      <Table aria-label={label} verticalSpacing={2} withRowBorders={false} fz="xs">
        <Table.Tbody>
          {slices.map(({ name, value }, at) => (
            <Table.Tr key={name}>
              <Table.Td>
                <Group gap={6} wrap="nowrap">
                  <ColorSwatch size={10} color={`var(--mantine-color-${colorAt(at).replace(".", "-")})`} aria-hidden />
                  {name}
                </Group>
              </Table.Td>
              <Table.Td ta="right">{value.toLocaleString()}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Box>
  );
}

/** How a number went. */
export function LineWidget({ widget }: { widget: Widget }) {
  const blueprints = useBlueprints();
  const properties = Array.isArray(widget.properties) ? widget.properties.map(String) : [];
  const counted = widget.chartType !== "aggregatePropertiesValues" && properties.length === 0;
  const line = useQuery(
    lineQuery({
      blueprint: String(widget.blueprint ?? ""),
      query: (widget.dataset ?? { combinator: "and", rules: [] }) as never,
      timeRange: widget.timeRange ?? { preset: "lastMonth" },
      timeInterval: String(widget.timeInterval ?? "day"),
      measureTimeBy: String(widget.measureTimeBy ?? "$createdAt"),
      aggregationType: counted
        ? { type: "countEntities", func: "count" }
        : { type: "aggregatePropertiesValues", func: String(widget.func ?? "average"), properties },
    }),
  );
  const titles = blueprints.get(String(widget.blueprint))?.schema.properties ?? {};
  return (
    <Loaded query={line}>
      {(data) => {
        const points = data.map((point) => flat(point as Record<string, unknown>));
        const series = [...new Set(points.flatMap((point) => Object.keys(point)))].filter((key) => key !== "date");
        if (series.length === 0) return <Empty title="Nothing was measured in this time" />;
        const label = `${widget.title ?? "Line"}: ${series.map((name) => titles[name]?.title ?? name).join(", ")}`;
        return <Chart label={label} kind="line" points={points} series={series} />;
      }}
    </Loaded>
  );
}

/** A point with its numbers beside its date, whatever way they are nested. */
function flat(point: Record<string, unknown>): Record<string, string | number> {
  const found: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(point)) {
    if (typeof value === "number") found[key] = value;
    else if (key === "date" || key === "time") found.date = String(value).slice(0, 10);
    else if (typeof value === "object" && value !== null) Object.assign(found, flat(value as Record<string, unknown>));
  }
  return found;
}
