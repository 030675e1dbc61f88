import {
  Alert,
  Button,
  Card,
  Code,
  CopyButton,
  Group,
  MultiSelect,
  Stack,
  Switch,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconCopy } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useBlueprints } from "@/app/queries";
import { showDone } from "@/ui/notify";
import { Loaded, PageHead } from "@/ui/states";
import { type Organization, useChangeOrganization, wholeOrganizationQuery } from "./api";

/** The organisation's name, what the catalog hides, and the announcement above every screen. */
export function OrganizationSettings() {
  const organization = useQuery(wholeOrganizationQuery);
  return (
    <>
      <PageHead title="Organisation" />
      <Loaded query={organization}>{(data) => <Form organization={data} />}</Loaded>
    </>
  );
}

function Form({ organization }: { organization: Organization }) {
  const blueprints = useBlueprints();
  const change = useChangeOrganization();
  const form = useForm({
    initialValues: {
      name: organization.name,
      hidden: organization.settings.hiddenBlueprints ?? [],
      announced: organization.announcement?.enabled ?? false,
      content: organization.announcement?.content ?? "",
      link: organization.announcement?.link ?? "",
    },
  });
  const save = form.onSubmit(({ name, hidden, announced, content, link }) =>
    change.mutate(
      {
        name,
        settings: { ...organization.settings, hiddenBlueprints: hidden },
        announcement: { ...organization.announcement, enabled: announced, content, link: link || null },
      },
      { onSuccess: () => showDone("Saved") },
    ),
  );
  return (
    <form onSubmit={save}>
      <Stack maw={620}>
        <Card withBorder>
          <Stack gap="sm">
            <TextInput label="Name" required {...form.getInputProps("name")} />
            <Group gap="xs" align="center">
              <Text size="sm" c="dimmed">
                Organisation id
              </Text>
              <Code>{organization.id}</Code>
              <CopyButton value={organization.id}>
                {({ copied, copy }) => (
                  <Button size="compact-xs" variant="default" onClick={copy} leftSection={<IconCopy size={13} />}>
                    {copied ? "Copied" : "Copy"}
                  </Button>
                )}
              </CopyButton>
            </Group>
            <MultiSelect
              label="Blueprints hidden from the catalog"
              searchable
              data={[...blueprints.values()].map(({ identifier, title }) => ({ value: identifier, label: title }))}
              {...form.getInputProps("hidden")}
            />
          </Stack>
        </Card>
        <Card withBorder>
          <Stack gap="sm">
            <Title order={2} size="h5">
              Announcement
            </Title>
            <Switch label="Show it above every screen" {...form.getInputProps("announced", { type: "checkbox" })} />
            <TextInput label="Text" maxLength={300} {...form.getInputProps("content")} />
            <TextInput label="Link" maxLength={300} placeholder="https://…" {...form.getInputProps("link")} />
          </Stack>
        </Card>
        {change.error && (
          <Alert color="red" role="alert">
            {change.error.message}
          </Alert>
        )}
        <Group>
          <Button type="submit" loading={change.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
