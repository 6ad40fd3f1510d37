import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';

const fonts = fileURLToPath(new URL('support/fonts.conf', import.meta.url));

/** Debian's Chromium, not a downloaded one. Each test has nodes of its own. */
export default defineConfig({
  testDir: '.',
  outputDir: '../test-results',
  snapshotPathTemplate: '{testDir}/looks/{arg}{ext}',
  timeout: 600_000, // generous: nothing here measures time
  expect: { timeout: 90_000, toHaveScreenshot: { maxDiffPixelRatio: 0.01, threshold: 0.25, animations: 'disabled', caret: 'hide' } },
  workers: 1,
  forbidOnly: true,
  reporter: [['list']],
  use: {
    navigationTimeout: 90_000,
    actionTimeout: 90_000, // what is not there is named then, and not the test's own end
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    contextOptions: { reducedMotion: 'reduce' },
    permissions: ['clipboard-read', 'clipboard-write'],
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--font-render-hinting=none'],
      env: { ...(process.env as Record<string, string>), FONTCONFIG_FILE: fonts },
    },
  },
});
