// The page's side of the service worker: starts it, says when a new build may take over.
import { startTrusted } from "handlens/trust";

/** Held, in shared mode, by every tab in which a run is under way. */
const RUN_LOCK = "handlens-run";
/** Remembers, for this tab, that the one reload has been done. */
const RELOADED = "handlens.reloaded";

export interface OfflineEvents {
  /** Whether the page may be reloaded once to become isolated, which threads need. */
  mayReload(): boolean;
  /** A new build is ready; `takeOver` reloads all tabs, unless a run is under way in one. */
  onUpdate(takeOver: () => Promise<boolean>): void;
}

/** Starts the service worker. Where there is none, the page works all the same. */
export async function startOffline(events: OfflineEvents): Promise<void> {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  const container = navigator.serviceWorker;
  let isTakingOver = false;
  const hadController = container.controller !== null;
  container.addEventListener("controllerchange", () => {
    // The first controller merely joins a page that is whole; a later one has other files.
    if (hadController || isTakingOver) location.reload();
    else reloadOnce(events);
  });
  try {
    const registration = await startTrusted(() =>
      container.register("./service-worker.js", { updateViaCache: "none" }),
    );
    const offer = () => {
      if (registration.waiting === null || container.controller === null) return;
      events.onUpdate(() => {
        isTakingOver = true;
        return takeOver(registration);
      });
    };
    offer();
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", offer);
    });
    if (container.controller !== null) reloadOnce(events);
  } catch (error) {
    console.warn("Handlens will not be available offline", error);
  }
}

/** Marks a run as under way until `run` settles: no new build takes over meanwhile. */
export async function whileRunning<T>(run: Promise<T>): Promise<T> {
  if ("locks" in navigator) {
    await navigator.locks.request(RUN_LOCK, { mode: "shared" }, () => run.catch(() => undefined));
  }
  return run;
}

/** Lets the waiting build take over if no tab has a run under way; says whether it does. */
function takeOver(registration: ServiceWorkerRegistration): Promise<boolean> {
  return navigator.locks.request(RUN_LOCK, { mode: "exclusive", ifAvailable: true }, (lock) => {
    if (lock === null || registration.waiting === null) return false;
    registration.waiting.postMessage("take over");
    return true;
  });
}

/** Our service worker sends the headers of isolation where the host does not; they count from
 * the next load on. */
function reloadOnce({ mayReload }: OfflineEvents): void {
  if (crossOriginIsolated || sessionStorage.getItem(RELOADED) !== null || !mayReload()) return;
  sessionStorage.setItem(RELOADED, "yes");
  location.reload();
}
