import { Button, Group, List, Stack, Text } from "@mantine/core";
import { IconWand } from "@tabler/icons-react";
import type { Kind } from "../api";
import { Copied } from "../parts";
import { SecretInput } from "./fields";
import { KIND_FORMS } from "./kinds";
import { newSecret } from "./model";

interface Props {
  kind: Kind;
  /** Not known before the source is made. */
  url?: string;
  stored: boolean;
  removed: boolean;
  value: string;
  onChange: (value: string) => void;
  onRemove: () => void;
}

const FIELD = {
  key: "webhookSecret",
  label: "Webhook secret",
  description: "The same word here and at the forge. Events without a valid signature are refused.",
};

/** How the forge tells about pushes: an address, a secret, and what to do with them there. */
export function HookFields({ kind, url, stored, removed, value, onChange, onRemove }: Props) {
  return (
    <Stack gap="md">
      {url === undefined ? (
        <Text size="sm">The address to send events to is shown when the repositories are connected.</Text>
      ) : (
        <>
          <Copied label="Address for events" value={url} />
          <List type="ordered" size="sm" spacing={4}>
            {KIND_FORMS[kind].webhook.map((step) => (
              <List.Item key={step}>{step}</List.Item>
            ))}
          </List>
        </>
      )}
      <SecretInput
        key={`${stored} ${removed}`}
        field={FIELD}
        stored={stored}
        removed={removed}
        value={value}
        onChange={onChange}
        onRemove={onRemove}
      />
      <Group gap="xs">
        <Button size="xs" variant="default" leftSection={<IconWand size={14} />} onClick={() => onChange(newSecret())}>
          Make a secret
        </Button>
        {value !== "" && <Text size="xs">Copy it to the forge before you save; it is not shown again.</Text>}
      </Group>
      {value !== "" && <Copied label="Secret to copy" value={value} />}
    </Stack>
  );
}
