import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** `LAMA_DATA_DIR=… npm run dev`: the page from its sources, against a running node. The token of ipc.json goes in with each request, so that no login URL is needed. */
function running_node(): { url: string; token: string } | null {
  const folder = process.env['LAMA_DATA_DIR'];
  return folder ? (JSON.parse(readFileSync(join(folder, 'ipc.json'), 'utf8')) as { url: string; token: string }) : null;
}

export default defineConfig(({ command }) => {
  const node = command === 'serve' ? running_node() : null;
  const headers: Record<string, string> = node ? { Authorization: `Bearer ${node.token}`, Origin: node.url } : {};
  const to_node = node ? { target: node.url, changeOrigin: true, headers } : undefined;
  return {
    plugins: [react()],
    ...(to_node ? { server: { proxy: { '/rpc': to_node, '/blob': to_node, '/healthz': to_node, '/ipc': { ...to_node, ws: true } } } } : {}),
    worker: { format: 'es' as const },
    build: {
      target: 'es2022',
      assetsInlineLimit: 0, // the content security policy allows files alone
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  };
});
