import { Button, Group, List, Stack, Text } from "@mantine/core";
import { IconWand } from "@tabler/icons-react";
import { Copied } from "../parts";
import { SecretInput } from "./fields";
import { type Field, KIND_FORMS } from "./kinds";
import { type Form, newSecret } from "./model";

interface Props {
  form: Form;
  onChange: (change: Partial<Form>) => void;
  /** Not known before the source is made. */
  url?: string;
  stored: Record<string, boolean>;
}

const PRESENT: Field = {
  key: "webhookSecret",
  label: "Webhook secret",
  description: "The same word here and at the forge. Events without a valid signature are refused.",
};
const PREVIOUS: Field = {
  key: "webhookSecretPrevious",
  label: "Previous webhook secret",
  description: "Good as well, until you remove it: so that no event is lost while the forge still has the old one.",
};

/** How the forge tells about pushes: an address, a secret, and what to do with them there. */
export function HookFields({ form, onChange, url, stored }: Props) {
  const value = form.secrets[PRESENT.key] ?? "";
  const set = (key: string, text: string) =>
    onChange({
      secrets: { ...form.secrets, [key]: text },
      removed: form.removed.filter((each) => each !== key),
    });
  const rotating = stored[PRESENT.key] === true && value !== "";
  const fields = rotating || stored[PREVIOUS.key] ? [PRESENT, PREVIOUS] : [PRESENT];
  return (
    <Stack gap="md">
      {url === undefined ? (
        <Text size="sm">The address to send events to is shown when the repositories are connected.</Text>
      ) : (
        <>
          <Copied label="Address for events" value={url} />
          <List type="ordered" size="sm" spacing={4}>
            {KIND_FORMS[form.kind].webhook.map((step) => (
              <List.Item key={step}>{step}</List.Item>
            ))}
          </List>
        </>
      )}
      {fields.map((field) => (
        <SecretInput
          key={field.key}
          field={field}
          stored={stored[field.key] === true}
          removed={form.removed.includes(field.key)}
          value={form.secrets[field.key] ?? ""}
          onChange={(text) => set(field.key, text)}
          onRemove={() => onChange({ removed: [...form.removed, field.key] })}
        />
      ))}
      <Group gap="xs">
        <Button
          size="xs"
          variant="default"
          leftSection={<IconWand size={14} />}
          onClick={() => set(PRESENT.key, newSecret())}
        >
          Make a secret
        </Button>
        {value !== "" && <Text size="xs">Copy it to the forge before you save; it is not shown again.</Text>}
      </Group>
      {value !== "" && <Copied label="Secret to copy" value={value} />}
    </Stack>
  );
}
