import { Button, Code, Group, Text } from "@mantine/core";
import { useState } from "react";
import { EntityLink } from "@/ui/value/links";
import type { Diagnostic } from "./api";
import { SeverityIcon } from "./badges";
import classes from "./gitops.module.css";
import { inOrder, placeText } from "./model";
import { PlaceLink } from "./parts";

const SHOWN = 50;

interface Props {
  found: Diagnostic[];
  label: string;
  /** On an entity's own page its name says nothing. */
  plain?: boolean;
}

/** What is wrong with spec files: where, what, and what would be right. */
export function Diagnostics({ found, label, plain }: Props) {
  const [all, setAll] = useState(false);
  const sorted = inOrder(found);
  const shown = all ? sorted : sorted.slice(0, SHOWN);
  return (
    <>
      <ul aria-label={label} style={{ listStyle: "none", margin: 0, padding: 0 }}>
        {shown.map((each, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same finding may be there twice
          <li key={at} className={classes.finding}>
            <Finding found={each} plain={plain} />
          </li>
        ))}
      </ul>
      {sorted.length > shown.length && (
        <Button variant="subtle" size="xs" onClick={() => setAll(true)}>
          Show all {sorted.length.toLocaleString()}
        </Button>
      )}
    </>
  );
}

function Finding({ found, plain }: { found: Diagnostic; plain?: boolean }) {
  const { severity, code, message, hint, entity, url } = found;
  return (
    <>
      <SeverityIcon severity={severity} />
      <div style={{ minWidth: 0 }}>
        <Group gap={8}>
          <PlaceLink href={url}>{placeText(found)}</PlaceLink>
          <Code>{code}</Code>
          {entity && !plain && <EntityLink {...entity} />}
        </Group>
        <Text size="sm" mt={2} style={{ overflowWrap: "anywhere" }}>
          {message}
        </Text>
        {hint && (
          <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {hint}
          </Text>
        )}
      </div>
    </>
  );
}
