const KEY = "fairway-recent";
const MOST = 12;

export interface Recent {
  blueprint: string;
  identifier: string;
  title: string | null;
}

/** Entities that were opened in this browser, the last one first. */
export function recentEntities(): Recent[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? (found as Recent[]) : [];
  } catch {
    return [];
  }
}

/** Remembers that an entity was opened. */
export function rememberEntity(entity: Recent): void {
  const others = recentEntities().filter(
    (each) => each.blueprint !== entity.blueprint || each.identifier !== entity.identifier,
  );
  localStorage.setItem(KEY, JSON.stringify([entity, ...others].slice(0, MOST)));
}
