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

/** A real `lama run` on a data dir of its own. */
export class TestNode {
  readonly folder = mkdtempSync(join(tmpdir(), 'lama-client-test-'));
  #child: ChildProcess | null = null;
  #port = 0;
  #bridge = 0;

  constructor(private readonly settings: string[] = []) {}

  async start(): Promise<this> {
    rmSync(join(this.folder, 'ipc.json'), { force: true });
    const log = openSync(join(this.folder, 'test.log'), 'a');
    const ports = ['--ui-port', String(this.#port), '--bridge-port', String(this.#bridge), '--archive-ipc-port', '0'];
    const child = spawn(binary, ['run', '--data-dir', this.folder, '--login-attempts', '100000', ...ports, ...this.settings], { stdio: ['ignore', log, log] });
    this.#child = child;
    await until(() => {
      if (child.exitCode !== null) throw new Error('the node ended');
      return existsSync(join(this.folder, 'ipc.json')) && this.endpoint();
    }, `the start of ${binary}`);
    // Whoever was connected finds it at the same place again.
    this.#port = Number(new URL(this.endpoint().url).port);
    const bridge = JSON.parse(readFileSync(join(this.folder, 'bridge.json'), 'utf8')) as { url: string };
    this.#bridge = Number(new URL(bridge.url).port);
    return this;
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

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await gone;
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
