import {
  Alert,
  Anchor,
  Button,
  Group,
  Radio,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { IconCircleCheck, IconPlugConnected } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { type Kind, useCheck } from "../api";
import { KindIcon } from "../badges";
import classes from "../gitops.module.css";
import { counted, KIND_NAMES } from "../model";
import { ORDER, SecretInput, SettingInput } from "./fields";
import { CERTIFICATES, KIND_FORMS } from "./kinds";
import { draftOf, type Form, type Setting } from "./model";

/** Which forge it is. */
export function KindChoice({ kind, onChange }: { kind: Kind; onChange: (kind: Kind) => void }) {
  return (
    <Radio.Group value={kind} onChange={(next) => onChange(next as Kind)} label="Kind of forge">
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3, lg: 5 }} spacing="xs" mt={6}>
        {(Object.keys(KIND_FORMS) as Kind[]).map((each) => (
          <Radio.Card key={each} value={each} className={classes.kind} aria-label={KIND_NAMES[each]}>
            <Group gap="sm" wrap="nowrap">
              <span aria-hidden>
                <KindIcon kind={each} size={30} />
              </span>
              <Text size="sm" fw={500}>
                {KIND_NAMES[each]}
              </Text>
            </Group>
          </Radio.Card>
        ))}
      </SimpleGrid>
    </Radio.Group>
  );
}

interface ForgeProps {
  form: Form;
  onChange: (change: Partial<Form>) => void;
  /** The source that is edited, and the secrets that it has. */
  id?: string;
  stored: Record<string, boolean>;
}

/** Where the forge is, who logs in there, and whose repositories are read. */
export function ForgeFields({ form, onChange, id, stored }: ForgeProps) {
  const { url, scope, logins } = KIND_FORMS[form.kind];
  const login = logins.find((each) => each.id === form.login) ?? logins[0];
  const set = (key: string) => (value: Setting) => onChange({ settings: { ...form.settings, [key]: value } });
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label={url.label}
          description={url.description}
          placeholder={url.placeholder}
          required={url.required}
          inputWrapperOrder={ORDER}
          inputMode="url"
          value={form.url}
          onChange={(event) => onChange({ url: event.currentTarget.value })}
        />
        {scope
          .filter(({ flag }) => !flag)
          .map((field) => (
            <SettingInput key={field.key} field={field} value={form.settings[field.key]} onChange={set(field.key)} />
          ))}
      </SimpleGrid>
      {scope
        .filter(({ flag }) => flag)
        .map((field) => (
          <SettingInput key={field.key} field={field} value={form.settings[field.key]} onChange={set(field.key)} />
        ))}
      {logins.length > 1 && (
        <div>
          <Text size="sm" fw={500} mb={4} id="gitops-login">
            Log in with
          </Text>
          <SegmentedControl
            aria-labelledby="gitops-login"
            data={logins.map(({ id: value, title: label }) => ({ value, label }))}
            value={login?.id ?? ""}
            onChange={(next) => onChange({ login: next })}
            styles={{ root: { flexWrap: "wrap" } }}
          />
        </div>
      )}
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {login?.settings.map((field) => (
          <SettingInput key={field.key} field={field} value={form.settings[field.key]} onChange={set(field.key)} />
        ))}
        {login?.secrets.map((field) => (
          <SecretInput
            key={`${form.kind} ${field.key}`}
            field={field}
            stored={stored[field.key] === true}
            value={form.secrets[field.key] ?? ""}
            onChange={(value) => onChange({ secrets: { ...form.secrets, [field.key]: value } })}
          />
        ))}
      </SimpleGrid>
      <Text size="sm" c="dimmed">
        {login?.advice}
      </Text>
      <Certificates value={form.settings[CERTIFICATES.key]} onChange={set(CERTIFICATES.key)} />
      <Check form={form} id={id} stored={stored} />
    </Stack>
  );
}

function Certificates({ value, onChange }: { value: Setting | undefined; onChange: (value: Setting) => void }) {
  const [open, setOpen] = useState(value !== undefined);
  if (open) return <SettingInput field={CERTIFICATES} value={value} onChange={onChange} />;
  return (
    <Anchor
      component="button"
      type="button"
      size="sm"
      onClick={() => setOpen(true)}
      style={{ alignSelf: "flex-start" }}
    >
      The forge has a certificate of your own authority
    </Anchor>
  );
}

function Check({ form, id, stored }: Omit<ForgeProps, "onChange">) {
  const check = useCheck();
  const { kind, url, settings, secrets } = draftOf(form, stored);
  const asked = JSON.stringify([kind, url, settings, secrets]);
  const { reset } = check;
  // an answer says nothing about what is typed afterwards
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever what is asked changes
  useEffect(() => reset(), [asked]);
  return (
    <Stack gap="xs" align="flex-start">
      <Button
        variant="default"
        leftSection={<IconPlugConnected size={16} />}
        loading={check.isPending}
        onClick={() => check.mutate({ id, kind, url, settings, secrets })}
      >
        Check connection
      </Button>
      <div role="status" style={{ width: "100%" }}>
        {check.data && !check.data.problem && (
          <Alert color="green" icon={<IconCircleCheck aria-hidden />} title="The forge answers">
            {check.data.identity ? `Logged in as ${check.data.identity}. ` : ""}
            {check.data.repositories !== null &&
              `The first page of its list has ${counted(check.data.repositories, "repository", "repositories")}.`}
          </Alert>
        )}
        {(check.data?.problem || check.error) && (
          <Alert color="red" title="This does not work yet">
            {check.data?.problem ?? check.error?.message}
          </Alert>
        )}
      </div>
    </Stack>
  );
}
