import type { JsonObject } from "@/api/model";

interface Parsed<T> {
  value: T | null;
  problem: string | null;
}

/** A JSON object that somebody is writing, or what is wrong with it. */
export function parsed(text: string): Parsed<JsonObject> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return { value: value as JsonObject, problem: null };
    }
    return { value: null, problem: "An object in braces is needed here" };
  } catch (error) {
    return { value: null, problem: `This is no JSON yet: ${(error as Error).message}` };
  }
}

/** A JSON list of objects that somebody is writing, or what is wrong with it. */
export function parsedList(text: string): Parsed<JsonObject[]> {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && value.every((each) => typeof each === "object" && each !== null)) {
      return { value: value as JsonObject[], problem: null };
    }
    return { value: null, problem: "A list of objects in brackets is needed here" };
  } catch (error) {
    return { value: null, problem: `This is no JSON yet: ${(error as Error).message}` };
  }
}

/** Whether a sync is under way, as far as the portal knows. */
export const isOn = (sync: { state: string }) => sync.state === "pending" || sync.state === "syncing";
