// Plays scenarios one after the other and says of each that it went well: "ok NAME". A failure ends the program with
// exit code 1 and its reason.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const SECONDS_MAX = 60 * Number(process.env.ZEDIS_TIME_FACTOR ?? 1);

export const port = Number(process.env.ZEDIS_PORT);
export const tlsPort = Number(process.env.ZEDIS_TLS_PORT);
export const certificates = () => ({
  ca: readFileSync(process.env.ZEDIS_CA),
  cert: readFileSync(process.env.ZEDIS_CERT),
  key: readFileSync(process.env.ZEDIS_KEY),
});

export async function until(condition, what) {
  const deadline = Date.now() + SECONDS_MAX * 1000;
  while (!(await condition())) {
    assert(Date.now() < deadline, `not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export async function play(scenarios) {
  for (const [name, scenario] of Object.entries(scenarios)) {
    const timer = setTimeout(() => {
      console.error(`${name}: no end after ${SECONDS_MAX} s`);
      process.exit(1);
    }, SECONDS_MAX * 1000);
    try {
      await scenario();
    } catch (failure) {
      console.error(`${name}:`, failure);
      process.exit(1);
    }
    clearTimeout(timer);
    console.log(`ok ${name}`);
  }
  process.exit(0);
}
