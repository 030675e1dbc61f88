import { Select, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { JsonObject } from "@/api/model";
import { blueprintsQuery } from "@/app/queries";
import { Code } from "@/ui/code";
import { FormDialog } from "@/ui/dialogs";
import type { Widget } from "./model";

const KINDS = [
  { value: "entities-number-chart", label: "Number" },
  { value: "entities-pie-chart", label: "Pie" },
  { value: "bar-chart", label: "Bars" },
  { value: "line-chart", label: "Line" },
  { value: "table-entities-explorer", label: "Table" },
  { value: "markdown", label: "Text" },
  { value: "iframe-widget", label: "Embedded page" },
  { value: "action-card-widget", label: "Actions" },
  { value: "links-widget", label: "Links" },
];
const OF_ENTITIES = new Set([
  "entities-number-chart",
  "entities-pie-chart",
  "bar-chart",
  "line-chart",
  "table-entities-explorer",
]);
const BY_PROPERTY = new Set(["entities-pie-chart", "bar-chart"]);

interface Props {
  widget: Widget | null;
  onClose: () => void;
  onSave: (widget: Widget) => void;
}

/** A widget's title, kind and content; everything else it has is in its JSON. */
export function WidgetDialog({ widget, onClose, onSave }: Props) {
  const blueprints = useQuery(blueprintsQuery).data ?? [];
  const [draft, setDraft] = useState<Widget>(
    widget ?? { id: `w_${crypto.randomUUID().slice(0, 12)}`, type: "entities-number-chart", title: "" },
  );
  const [text, setText] = useState<string | null>(null);
  const [problem, setProblem] = useState<Error | null>(null);
  const set = (change: JsonObject) => setDraft({ ...draft, ...change });
  const blueprint = blueprints.find(({ identifier }) => identifier === draft.blueprint);
  const save = () => {
    try {
      const own = text === null ? draft : ({ ...(JSON.parse(text) as Widget), id: draft.id } as Widget);
      const counted = own.type === "entities-number-chart" && own.calculationBy === undefined;
      const dataset = OF_ENTITIES.has(own.type) && own.dataset === undefined;
      onSave({
        ...own,
        ...(counted ? { calculationBy: "entities", func: "count" } : {}),
        ...(dataset ? { dataset: { combinator: "and", rules: [] } } : {}),
      });
    } catch (error) {
      setProblem(error as Error);
    }
  };
  return (
    <FormDialog
      opened
      title={widget === null ? "New widget" : `Widget ${widget.title ?? ""}`}
      submit={widget === null ? "Add" : "Apply"}
      pending={false}
      error={problem}
      onClose={onClose}
      onSubmit={save}
      size="lg"
    >
      <TextInput
        label="Title"
        data-autofocus
        value={draft.title ?? ""}
        onChange={(event) => set({ title: event.currentTarget.value })}
      />
      <Select
        label="Kind"
        data={KINDS}
        value={draft.type}
        allowDeselect={false}
        onChange={(type) => set({ type: type ?? draft.type })}
      />
      {OF_ENTITIES.has(draft.type) && (
        <Select
          label="Blueprint"
          required
          searchable
          data={blueprints.map(({ identifier, title }) => ({ value: identifier, label: title }))}
          value={typeof draft.blueprint === "string" ? draft.blueprint : null}
          onChange={(value) => set({ blueprint: value })}
        />
      )}
      {BY_PROPERTY.has(draft.type) && (
        <Select
          label="By"
          required
          searchable
          data={Object.entries(blueprint?.schema.properties ?? {}).map(([name, definition]) => ({
            value: `property#${name}`,
            label: definition.title ?? name,
          }))}
          value={typeof draft.property === "string" ? draft.property : null}
          onChange={(value) => set({ property: value })}
        />
      )}
      {draft.type === "markdown" && (
        <Textarea
          label="Text (Markdown)"
          autosize
          minRows={4}
          value={String(draft.markdown ?? "")}
          onChange={(event) => set({ markdown: event.currentTarget.value })}
        />
      )}
      {draft.type === "iframe-widget" && (
        <TextInput
          label="Address"
          type="url"
          value={String(draft.url ?? "")}
          onChange={(event) => set({ url: event.currentTarget.value })}
        />
      )}
      <details
        onToggle={(event) => event.currentTarget.open && text === null && setText(JSON.stringify(draft, null, 2))}
      >
        <summary>As JSON (filters, units, actions, links)</summary>
        {text !== null && <Code value={text} onChange={setText} language="json" label="Widget" height="240px" />}
      </details>
    </FormDialog>
  );
}
