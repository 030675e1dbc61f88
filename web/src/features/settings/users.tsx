import { Badge, Button, Group, Menu, MultiSelect, PasswordInput, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconKey, IconPencil, IconPlus, IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useUser } from "@/app/session";
import { askBefore, FormDialog, ShownOnce } from "@/ui/dialogs";
import { showDone } from "@/ui/notify";
import { LossItem, RowMenu } from "@/ui/row-menu";
import { Empty, Loaded, PageHead } from "@/ui/states";
import { SearchTable } from "@/ui/table";
import {
  teamsQuery,
  type User,
  useChangeUser,
  useDeleteUser,
  useInvite,
  useRotateUser,
  usersQuery,
  useSetPassword,
} from "./api";

const ROLES = ["Admin", "Member"];

/** People and service accounts: roles, teams, passwords, credentials. */
export function Users() {
  const { isAdmin } = useUser();
  const users = useQuery(usersQuery);
  const [edited, setEdited] = useState<User | "new" | null>(null);
  const [password, setPassword] = useState<User | null>(null);
  const [credentials, setCredentials] = useState<{ label: string; value: string }[] | null>(null);
  const remove = useDeleteUser();
  const rotate = useRotateUser();
  const menu = (user: User) => (
    <RowMenu label={user.email}>
      <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => setEdited(user)}>
        Roles and teams
      </Menu.Item>
      <Menu.Item leftSection={<IconKey size={15} />} onClick={() => setPassword(user)}>
        Set a password
      </Menu.Item>
      <Menu.Item
        leftSection={<IconRefresh size={15} />}
        onClick={() =>
          askBefore({
            title: `Rotate the credentials of ${user.email}?`,
            children: "Programs that use the present client secret are refused at once.",
            confirm: "Rotate",
            onConfirm: () =>
              rotate.mutate(user.email, {
                onSuccess: (answer) =>
                  setCredentials([
                    { label: "Client id", value: answer.user.clientId },
                    { label: "Client secret", value: answer.user.clientSecret },
                  ]),
              }),
          })
        }
      >
        Rotate credentials
      </Menu.Item>
      <LossItem
        title={`Delete ${user.email}?`}
        onConfirm={() => remove.mutate(user.email, { onSuccess: () => showDone(`${user.email} is deleted`) })}
      >
        The account can no longer sign in. What it changed stays in the audit log.
      </LossItem>
    </RowMenu>
  );
  return (
    <>
      <PageHead title="Users" sub="Who may sign in, and as what.">
        <Button
          leftSection={<IconPlus size={16} />}
          onClick={() => setEdited("new")}
          disabled={!isAdmin}
          title={isAdmin ? undefined : "Only Admins invite users"}
        >
          Invite
        </Button>
      </PageHead>
      <Loaded query={users}>
        {(rows) => (
          <SearchTable
            label="Users"
            rows={rows}
            keyOf={(user) => user.email}
            empty={<Empty title="No users yet">Invite the first one.</Empty>}
            columns={[
              {
                title: "User",
                text: (user) => `${user.email} ${user.firstName ?? ""} ${user.lastName ?? ""}`,
                cell: (user) => (
                  <div>
                    <Text size="sm" fw={500}>
                      {[user.firstName, user.lastName].filter(Boolean).join(" ") || user.email}
                    </Text>
                    {(user.firstName || user.lastName) && (
                      <Text size="xs" c="dimmed">
                        {user.email}
                      </Text>
                    )}
                  </div>
                ),
              },
              {
                title: "Roles",
                text: (user) => user.roles.map((role) => role.name).join(" "),
                cell: (user) => (
                  <Group gap={4}>
                    {user.roles.map((role) => (
                      <Badge
                        key={role.name}
                        variant="light"
                        color={role.name === "Admin" ? "fairway" : "gray"}
                        tt="none"
                      >
                        {role.name}
                      </Badge>
                    ))}
                  </Group>
                ),
              },
              {
                title: "Teams",
                text: (user) => user.teams.join(" "),
                cell: (user) => user.teams.join(", ") || "—",
                wide: true,
              },
              { title: "Status", text: (user) => user.status, cell: (user) => user.status, wide: true },
              { title: "Kind", text: (user) => user.type, cell: (user) => user.type, wide: true },
              ...(isAdmin ? [{ title: "", cell: menu, width: 50 }] : []),
            ]}
          />
        )}
      </Loaded>
      {edited !== null && <UserDialog user={edited === "new" ? null : edited} onClose={() => setEdited(null)} />}
      {password !== null && <PasswordDialog user={password} onClose={() => setPassword(null)} />}
      <ShownOnce title="New credentials" values={credentials} onClose={() => setCredentials(null)} />
    </>
  );
}

function UserDialog({ user, onClose }: { user: User | null; onClose: () => void }) {
  const teams = useQuery(teamsQuery).data ?? [];
  const invite = useInvite();
  const change = useChangeUser();
  const form = useForm({
    initialValues: {
      email: user?.email ?? "",
      roles: user?.roles.map((role) => role.name) ?? ["Member"],
      teams: user?.teams ?? [],
    },
  });
  const save = user === null ? invite : change;
  return (
    <FormDialog
      opened
      title={user === null ? "Invite a user" : user.email}
      submit={user === null ? "Invite" : "Save"}
      pending={save.isPending}
      error={save.error}
      onClose={onClose}
      onSubmit={() =>
        save.mutate(form.values, {
          onSuccess: () => {
            showDone(user === null ? `${form.values.email} is invited` : "Saved");
            onClose();
          },
        })
      }
    >
      {user === null && (
        <TextInput label="E-mail" type="email" required data-autofocus {...form.getInputProps("email")} />
      )}
      <MultiSelect
        label="Roles"
        data={[...new Set([...ROLES, ...form.values.roles])]}
        description="Moderators of a blueprint are named in its permissions."
        {...form.getInputProps("roles")}
      />
      <MultiSelect label="Teams" data={teams.map((team) => team.name)} searchable {...form.getInputProps("teams")} />
    </FormDialog>
  );
}

function PasswordDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const [password, setPassword] = useState("");
  const save = useSetPassword();
  return (
    <FormDialog
      opened
      title={`Password of ${user.email}`}
      submit="Set password"
      pending={save.isPending}
      error={save.error}
      onClose={onClose}
      onSubmit={() =>
        save.mutate(
          { email: user.email, password },
          {
            onSuccess: () => {
              showDone("The password is set; former sessions have ended");
              onClose();
            },
          },
        )
      }
    >
      <PasswordInput
        label="New password"
        autoComplete="new-password"
        required
        data-autofocus
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
