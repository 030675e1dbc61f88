import {
  Accordion,
  Group,
  MultiSelect,
  NumberInput,
  Radio,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import type { ReactNode } from "react";
import { useBlueprints } from "@/app/queries";
import type { Options } from "../api";
import classes from "../gitops.module.css";
import { Named, ORDER, Words } from "./fields";
import { MERGE_MODES, SUMMARIES, spans, VISIBILITIES } from "./model";
import { Pairs } from "./pairs";

interface Props {
  options: Options;
  onChange: (change: Partial<Options>) => void;
}

/** How a source is read and applied; each group says in its headline what it comes to. */
export function OptionGroups(props: Props) {
  const groups: [keyof typeof SUMMARIES, string, (props: Props) => ReactNode][] = [
    ["files", "Spec files", SpecFiles],
    ["repositories", "Repositories", Repositories],
    ["writing", "What is written", Writing],
    ["deleting", "What is deleted", Deleting],
    ["working", "When and how", Working],
  ];
  return (
    <Accordion variant="contained" multiple order={3} defaultValue={[]}>
      {groups.map(([key, title, Group]) => (
        <Accordion.Item key={key} value={key}>
          <Accordion.Control>
            <Text span fw={500} size="sm">
              {title}
            </Text>
            <span className={classes.summary}>{SUMMARIES[key](props.options)}</span>
          </Accordion.Control>
          <Accordion.Panel>
            <Stack gap="md">
              <Group {...props} />
            </Stack>
          </Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  );
}

function SpecFiles({ options, onChange }: Props) {
  return (
    <>
      <Words
        label="Paths of spec files"
        description="Globs from the root: * stays in a folder, ** crosses folders, ! in front leaves out. Left empty: port.yml and port.yaml in any folder, on Bitbucket in the root."
        placeholder="services/*/port.yml"
        value={options.specPath}
        onChange={(specPath) => onChange({ specPath })}
      />
      <TextInput
        inputWrapperOrder={ORDER}
        label="Branch"
        description="Left empty: the default branch of each repository."
        value={options.branch ?? ""}
        maw={340}
        onChange={(event) => onChange({ branch: event.currentTarget.value.trim() || null })}
      />
      <Branches options={options} onChange={onChange} />
    </>
  );
}

function Branches({ options, onChange }: Props) {
  return (
    <Pairs
      title="Other branches for some repositories"
      rows={Object.entries(options.branches)}
      first={{ label: "Repositories", placeholder: "acme/legacy-*" }}
      onChange={(rows) => onChange({ branches: Object.fromEntries(rows) })}
      initial=""
      second={(value, set, at) => (
        <TextInput
          aria-label={`Branch, ${at}`}
          placeholder="release"
          flex={1}
          miw={0}
          value={value}
          onChange={(event) => set(event.currentTarget.value)}
        />
      )}
    />
  );
}

const ALSO = [
  ["archived", "Archived"],
  ["forks", "Forks"],
  ["mirrors", "Mirrors"],
  ["disabled", "Disabled by their owner"],
  ["personal", "In personal namespaces"],
] as const;

function Repositories({ options, onChange }: Props) {
  const { filters } = options;
  const set = (change: Partial<Options["filters"]>) => onChange({ filters: { ...filters, ...change } });
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Words
          label="Only these"
          description="Globs on the repository's full path."
          placeholder="acme/*"
          value={filters.include}
          onChange={(include) => set({ include })}
        />
        <Words
          label="Never these"
          description="Left out even when they are named on the left."
          placeholder="acme/sandbox-*"
          value={filters.exclude}
          onChange={(exclude) => set({ exclude })}
        />
        <Words
          label="With a topic or label"
          description="One of them is enough."
          value={filters.topics}
          onChange={(topics) => set({ topics })}
          comma
        />
        <MultiSelect
          inputWrapperOrder={ORDER}
          label="Visibility"
          description="None chosen: any."
          data={VISIBILITIES}
          value={filters.visibility}
          onChange={(visibility) => set({ visibility })}
          clearable
        />
      </SimpleGrid>
      <Named title="Read these, too">
        <Group gap="lg" mt={6}>
          {ALSO.map(([key, label]) => (
            <Switch
              key={key}
              label={label}
              checked={filters[key]}
              onChange={(event) => set({ [key]: event.currentTarget.checked })}
            />
          ))}
        </Group>
      </Named>
    </>
  );
}

function Writing({ options, onChange }: Props) {
  const blueprints = useBlueprints();
  return (
    <>
      <Radio.Group
        label="When a value is taken out of a file"
        value={options.mergeMode}
        onChange={(mode) => onChange({ mergeMode: mode as Options["mergeMode"] })}
      >
        <Stack gap="xs" mt={6}>
          {MERGE_MODES.map(({ value, title, text }) => (
            <Radio key={value} value={value} label={title} description={text} />
          ))}
        </Stack>
      </Radio.Group>
      <Pairs
        title="Other rules for some files"
        rows={options.mergeModes.map(({ specPath, mergeMode }) => [specPath.join(" "), mergeMode])}
        first={{ label: "Paths of spec files", placeholder: "teams/**" }}
        onChange={(rows) =>
          onChange({ mergeModes: rows.map(([globs, mergeMode]) => ({ specPath: globs.split(" "), mergeMode })) })
        }
        initial="owned"
        second={(value, set, at) => (
          <Select
            aria-label={`Rule, ${at}`}
            data={MERGE_MODES.map((mode) => ({ value: mode.value, label: mode.title }))}
            value={value}
            onChange={(next) => next && set(next as Options["mergeMode"])}
            allowDeselect={false}
            flex={1}
            miw={0}
          />
        )}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <MultiSelect
          inputWrapperOrder={ORDER}
          label="Blueprints that may be defined"
          description="None chosen: all but those of the portal itself."
          data={[...blueprints.values()].map(({ identifier, title }) => ({ value: identifier, label: title }))}
          value={options.blueprints ?? []}
          onChange={(chosen) => onChange({ blueprints: chosen.length > 0 ? chosen : null })}
          searchable
          clearable
        />
        <TextInput
          inputWrapperOrder={ORDER}
          label="Identifiers begin with"
          description="Keeps these repositories from writing what belongs to others."
          value={options.identifierPrefix ?? ""}
          onChange={(event) => onChange({ identifierPrefix: event.currentTarget.value || null })}
        />
        <NumberInput
          inputWrapperOrder={ORDER}
          label="Priority"
          description="Where two sources define the same entity, the higher one counts; at a tie the earlier one."
          allowDecimal={false}
          value={options.priority}
          onChange={(value) => onChange({ priority: Number(value) || 0 })}
        />
        <TextInput
          inputWrapperOrder={ORDER}
          label="Property for where it comes from"
          description="An object property that gets path and commit, on blueprints that have it. Left empty: none."
          value={options.enrichEntitiesWithGitopsMetadata ? options.gitopsMetadataProperty : ""}
          onChange={(event) => {
            const name = event.currentTarget.value.trim();
            onChange({
              enrichEntitiesWithGitopsMetadata: name !== "",
              ...(name === "" ? {} : { gitopsMetadataProperty: name }),
            });
          }}
        />
      </SimpleGrid>
      <Switch
        label="Create what a relation leads to when it does not exist yet"
        description="As an empty entity; else the definition waits until somebody makes it."
        checked={options.createMissingRelatedEntities}
        onChange={(event) => onChange({ createMissingRelatedEntities: event.currentTarget.checked })}
      />
      <Switch
        label="Leave values to others that write them, too"
        description="Off: git wins whenever it is applied."
        checked={options.yield}
        onChange={(event) => onChange({ yield: event.currentTarget.checked })}
      />
      <Switch
        label="Put back what others change"
        description="At each pass, values of git that somebody changed in the catalog become again what the file says."
        checked={options.driftRepair}
        onChange={(event) => onChange({ driftRepair: event.currentTarget.checked })}
      />
    </>
  );
}

function Deleting({ options, onChange }: Props) {
  const limit = options.entityDeletionThreshold;
  return (
    <>
      <Radio.Group
        label="When no file defines an entity any more"
        value={options.orphanPolicy}
        onChange={(policy) => onChange({ orphanPolicy: policy as Options["orphanPolicy"] })}
      >
        <Stack gap="xs" mt={6}>
          <Radio
            value="delete"
            label="Delete it if git created it"
            description="Entities that something else created only lose the values that git wrote. Everything deleted can be restored for 30 days."
          />
          <Radio
            value="keep"
            label="Keep it, and mark it as orphaned"
            description="Nothing goes; people decide on the entity's page."
          />
        </Stack>
      </Radio.Group>
      <Switch
        label="Delete although other entities need it"
        description="Off: an entity that others must be related to stays and is marked."
        checked={options.deleteDependentEntities}
        onChange={(event) => onChange({ deleteDependentEntities: event.currentTarget.checked })}
      />
      <NumberInput
        inputWrapperOrder={ORDER}
        label="Most that may go at once"
        description="Beyond it nothing is deleted until an administrator approves. Always in force: a fifth of what the source defines (at least 10), and half of what git created of one blueprint."
        suffix=" %"
        min={0}
        max={100}
        placeholder="Only what is always in force"
        maw={420}
        value={limit === null ? "" : Math.round(limit * 100)}
        onChange={(value) => onChange({ entityDeletionThreshold: value === "" ? null : Number(value) / 100 })}
      />
      <NumberInput
        inputWrapperOrder={ORDER}
        label="Grace"
        description="How long a definition may be gone before anything happens, so that it can move between repositories."
        suffix=" s"
        min={0}
        allowDecimal={false}
        maw={420}
        value={options.deletionGrace}
        onChange={(value) => onChange({ deletionGrace: Number(value) || 0 })}
      />
    </>
  );
}

function Working({ options, onChange }: Props) {
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Select
          inputWrapperOrder={ORDER}
          label="Full pass"
          description="Finds whatever events missed. With events, pushes arrive within seconds."
          data={spans(options.reconcileInterval)}
          value={String(options.reconcileInterval)}
          onChange={(value) => value && onChange({ reconcileInterval: Number(value) })}
          allowDeselect={false}
        />
        <NumberInput
          inputWrapperOrder={ORDER}
          label="Requests at once"
          description="To the forge, at most."
          min={1}
          max={64}
          allowDecimal={false}
          value={options.concurrency}
          onChange={(value) => onChange({ concurrency: Number(value) || 1 })}
        />
      </SimpleGrid>
      <Switch
        label="Check pull requests"
        description="Spec files are read before they are merged, and what is wrong is shown at its line."
        checked={options.validatePullRequests}
        onChange={(event) => onChange({ validatePullRequests: event.currentTarget.checked })}
      />
    </>
  );
}
