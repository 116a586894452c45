// Under `require-trusted-types-for 'script'` a browser starts a worker or registers a service
// worker only from a URL that a policy has passed. The call sites must keep the plain form
// `new Worker(new URL(…))` that bundlers look for, so the policy is the default one, and it
// passes nothing but same-origin scripts, and those only while we ourselves are starting one.

interface Policies {
  readonly defaultPolicy: object | null;
  createPolicy(name: string, rules: { createScriptURL(url: string): string | null }): object;
}

let isStarting = false;

/** Calls `start`, which starts a script of this origin, past Trusted Types. */
export function startTrusted<T>(start: () => T): T {
  makePolicy();
  isStarting = true;
  try {
    return start();
  } finally {
    isStarting = false;
  }
}

function makePolicy(): void {
  const policies = (globalThis as { trustedTypes?: Policies }).trustedTypes;
  // A page that has a default policy of its own decides itself.
  if (policies === undefined || policies.defaultPolicy !== null) return;
  policies.createPolicy("default", {
    createScriptURL(url) {
      const { origin } = new URL(url, location.href);
      return isStarting && origin === location.origin ? url : null;
    },
  });
}
