import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { type ClientOptions, type Endpoint, NodeClient, type SocketConstructor } from '../src/index.ts';

const root = resolve(fileURLToPath(import.meta.url), '../../../../../..');
const binary = process.env['LAMA_BINARY'] ?? join(root, 'build/release/apps/lama');
const patience = 120_000; // for the slowest machine

export const password = 'correct horse battery';

/** Until `look` answers something true; what it throws counts as not yet. */
export async function until<T>(look: () => T | Promise<T>, what: string): Promise<NonNullable<T>> {
  const end = Date.now() + patience;
  for (;;) {
    const found = await Promise.resolve()
      .then(look)
      .catch(() => undefined);
    if (found) return found as NonNullable<T>;
    if (Date.now() > end) throw new Error(`${what} did not happen in ${patience} ms`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** The processes of a node: all in one, or archive and device apart. */
type Part = 'run' | 'archive' | 'sparse';

/** A real `lama run` (or `lama archive` and `lama sparse`) on a data dir of its own. */
export class TestNode {
  readonly folder = mkdtempSync(join(tmpdir(), 'lama-client-test-'));
  readonly #children = new Map<Part, ChildProcess>();
  #port = 0;
  #bridge = 0;

  constructor(
    private readonly settings: string[] = [],
    private readonly parts: Part[] = ['run'],
  ) {}

  /** All of it, or one part. Whoever was connected finds it at the same place again. */
  async start(parts = this.parts): Promise<this> {
    for (const part of parts) await this.#start_part(part);
    return this;
  }

  async #start_part(part: Part): Promise<void> {
    const device = ['--ui-port', String(this.#port)];
    const archive = ['--bridge-port', String(this.#bridge), '--archive-ipc-port', '0'];
    const ports = { run: [...device, ...archive], archive, sparse: device }[part];
    const ready = join(this.folder, part === 'archive' ? 'archive-ipc.json' : 'ipc.json');
    rmSync(ready, { force: true });
    const log = openSync(join(this.folder, 'test.log'), 'a');
    const child = spawn(binary, [part, '--data-dir', this.folder, '--login-attempts', '100000', ...ports, ...this.settings], { stdio: ['ignore', log, log] });
    this.#children.set(part, child);
    await until(() => {
      if (child.exitCode !== null) throw new Error('the node ended');
      return existsSync(ready) && (JSON.parse(readFileSync(ready, 'utf8')) as unknown);
    }, `the start of ${binary} ${part}`);
    if (part !== 'archive') this.#port = Number(new URL(this.endpoint().url).port);
    if (part !== 'sparse') this.#bridge = Number(new URL((JSON.parse(readFileSync(join(this.folder, 'bridge.json'), 'utf8')) as { url: string }).url).port);
  }

  endpoint = (): Endpoint => JSON.parse(readFileSync(join(this.folder, 'ipc.json'), 'utf8')) as Endpoint;

  /** For one browser, once. */
  login_url(): string {
    return this.command('login-url');
  }

  /** `lama` at this node, as from a shell; what it prints. */
  command(...words: string[]): string {
    return execFileSync(binary, [...words, '--data-dir', this.folder], { encoding: 'utf8', timeout: 300_000 }).trim();
  }

  async end(signal: NodeJS.Signals, parts = this.parts): Promise<void> {
    for (const part of parts) {
      const child = this.#children.get(part);
      if (!child || child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise((done) => child.once('exit', done));
      child.kill(signal);
      await gone;
    }
  }

  async remove(): Promise<void> {
    await this.end('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }

  client(options: Partial<ClientOptions> = {}): NodeClient {
    const client = new NodeClient({
      endpoint: this.endpoint,
      WebSocket: WebSocket as unknown as SocketConstructor,
      first_wait: 20,
      longest_wait: 200,
      ...options,
    });
    client.start();
    return client;
  }
}
