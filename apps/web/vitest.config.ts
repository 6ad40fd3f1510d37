import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['packages/*/tests/**/*.test.ts', 'src/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false },
});
