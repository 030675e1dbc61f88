import { Badge, Code, Group, Text, Tooltip } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import type { Json, PropertyDefinition } from "@/api/model";
import { colorOf } from "@/ui/status";
import { Ago } from "@/ui/time";
import { OutLink } from "./links";

const LONGEST = 200;
const MOST = 5;

/** What there is not. */
export function Nothing() {
  return (
    <Text size="sm" c="dimmed" aria-label="no value">
      —
    </Text>
  );
}

/** A value as plain text: for the clipboard, exports and titles. */
export function valueText(value: Json | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

function Short({ text }: { text: string }) {
  return (
    <Text size="sm" truncate title={text.length > LONGEST ? undefined : text}>
      {text.slice(0, LONGEST)}
    </Text>
  );
}

function TextValue({ text, definition }: { text: string; definition: PropertyDefinition }) {
  switch (definition.format) {
    case "url":
      return <OutLink href={text} />;
    case "email":
    case "user":
      return <OutLink href={`mailto:${text}`}>{text}</OutLink>;
    case "date-time":
    case "timer":
      return <Ago at={text} />;
    case "team":
      return (
        <Badge variant="light" color="gray" tt="none">
          {text}
        </Badge>
      );
    default:
      return <Short text={text} />;
  }
}

function Many({ values, definition }: { values: Json[]; definition: PropertyDefinition }) {
  const item: PropertyDefinition = { type: "string", ...(definition.items as Partial<PropertyDefinition>) };
  return (
    <Group gap={4} wrap="nowrap">
      {values.slice(0, MOST).map((value) => (
        <PropertyValue key={valueText(value)} value={value} definition={item} chip />
      ))}
      {values.length > MOST && <Badge variant="default">+{values.length - MOST}</Badge>}
    </Group>
  );
}

interface Props {
  value: Json | undefined;
  definition: PropertyDefinition | undefined;
  /** One of several. */
  chip?: boolean;
}

/** A value of a property in the form that its definition asks for, on one line. */
export function PropertyValue({ value, definition = { type: "string" }, chip }: Props) {
  if (value === null || value === undefined || value === "") return <Nothing />;
  if (definition.enum !== undefined && typeof value !== "object") {
    return (
      <Badge variant="light" color={colorOf(definition.enumColors?.[String(value)])} tt="none">
        {String(value)}
      </Badge>
    );
  }
  if (typeof value === "boolean") {
    const Icon = value ? IconCheck : IconX;
    return (
      <Group gap={4} wrap="nowrap">
        <Icon size={15} aria-hidden />
        <Text size="sm">{value ? "Yes" : "No"}</Text>
      </Group>
    );
  }
  if (typeof value === "number") return <Text size="sm">{value.toLocaleString()}</Text>;
  if (Array.isArray(value)) return value.length === 0 ? <Nothing /> : <Many values={value} definition={definition} />;
  if (typeof value === "object") return <ObjectValue value={value} definition={definition} />;
  if (chip && definition.format === undefined) {
    return (
      <Badge variant="default" tt="none">
        {value}
      </Badge>
    );
  }
  return <TextValue text={value} definition={definition} />;
}

function ObjectValue({ value, definition }: { value: { [key: string]: Json }; definition: PropertyDefinition }) {
  if (definition.format === "labeled-url" && typeof value.url === "string") {
    return <OutLink href={value.url}>{String(value.displayText ?? value.url)}</OutLink>;
  }
  const text = JSON.stringify(value);
  return (
    <Tooltip label={text.slice(0, LONGEST)} multiline maw={420}>
      <Code>{`{ ${Object.keys(value).slice(0, 3).join(", ")}${Object.keys(value).length > 3 ? ", …" : ""} }`}</Code>
    </Tooltip>
  );
}
