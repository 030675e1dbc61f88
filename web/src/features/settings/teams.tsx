import { Button, Menu, MultiSelect, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconPencil, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useUser } from "@/app/session";
import { FormDialog } from "@/ui/dialogs";
import { showDone } from "@/ui/notify";
import { LossItem, RowMenu } from "@/ui/row-menu";
import { Empty, Loaded, PageHead } from "@/ui/states";
import { SearchTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import { type Team, teamsQuery, useDeleteTeam, usersQuery, useSaveTeam } from "./api";

/** Teams own entities: who is in them decides who may do what. */
export function Teams() {
  const { isAdmin } = useUser();
  const teams = useQuery(teamsQuery);
  const [edited, setEdited] = useState<Team | "new" | null>(null);
  const remove = useDeleteTeam();
  const create = (
    <Button
      leftSection={<IconPlus size={16} />}
      onClick={() => setEdited("new")}
      disabled={!isAdmin}
      title={isAdmin ? undefined : "Only Admins create teams"}
    >
      New team
    </Button>
  );
  const menu = (team: Team) => (
    <RowMenu label={team.name}>
      <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => setEdited(team)}>
        Edit
      </Menu.Item>
      <LossItem
        title={`Delete team ${team.name}?`}
        onConfirm={() => remove.mutate(team.name, { onSuccess: () => showDone(`${team.name} is deleted`) })}
      >
        Its members stay users. Entities that the team owns lose this owner.
      </LossItem>
    </RowMenu>
  );
  return (
    <>
      <PageHead title="Teams" sub="Teams own entities and approve actions.">
        {create}
      </PageHead>
      <Loaded query={teams}>
        {(rows) => (
          <SearchTable
            label="Teams"
            rows={rows}
            keyOf={(team) => team.name}
            empty={<Empty title="No teams yet" action={isAdmin ? create : undefined} />}
            columns={[
              {
                title: "Team",
                text: (team) => `${team.name} ${team.description ?? ""}`,
                cell: (team) => (
                  <div>
                    <Text size="sm" fw={500}>
                      {team.name}
                    </Text>
                    <Text size="xs" c="dimmed">
                      {team.description}
                    </Text>
                  </div>
                ),
              },
              {
                title: "Members",
                text: (team) => team.users.map((user) => user.email).join(" "),
                cell: (team) => (
                  <Text size="sm" title={team.users.map((user) => user.email).join("\n")}>
                    {team.users.length}
                  </Text>
                ),
              },
              { title: "From", text: (team) => team.provider, cell: (team) => team.provider, wide: true },
              { title: "Changed", cell: (team) => <Ago at={team.updatedAt} />, wide: true },
              ...(isAdmin ? [{ title: "", cell: menu, width: 50 }] : []),
            ]}
          />
        )}
      </Loaded>
      {edited !== null && <TeamDialog team={edited === "new" ? null : edited} onClose={() => setEdited(null)} />}
    </>
  );
}

function TeamDialog({ team, onClose }: { team: Team | null; onClose: () => void }) {
  const users = useQuery(usersQuery).data ?? [];
  const save = useSaveTeam();
  const form = useForm({
    initialValues: {
      name: team?.name ?? "",
      description: team?.description ?? "",
      users: team?.users.map((user) => user.email) ?? [],
    },
  });
  return (
    <FormDialog
      opened
      title={team === null ? "New team" : team.name}
      submit={team === null ? "Create" : "Save"}
      pending={save.isPending}
      error={save.error}
      onClose={onClose}
      onSubmit={() =>
        save.mutate(
          { was: team?.name ?? null, ...form.values },
          {
            onSuccess: () => {
              showDone("Saved");
              onClose();
            },
          },
        )
      }
    >
      <TextInput label="Name" required data-autofocus {...form.getInputProps("name")} />
      <Textarea label="Description" autosize minRows={2} {...form.getInputProps("description")} />
      <MultiSelect label="Members" searchable data={users.map((user) => user.email)} {...form.getInputProps("users")} />
    </FormDialog>
  );
}
