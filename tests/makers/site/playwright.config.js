// Configuration for the demo's evidence: `python -m tests.makers` copies it next to the specs and runs it once for each kind.
const { defineConfig } = require('@playwright/test');

// filmed: a video, and screenshots in the trace. video: a video. report: the report only. trace: traces of all tests with
// everything in them, and the log. All others: small traces and screenshots.
const kind = process.env.EVIDENCE;
const port = process.env.SHOP_PORT;
const isReport = kind === 'report';
const everything = { mode: 'on', screenshots: true, snapshots: { dom: true, screen: true, aria: true }, sources: true, attachments: true };
const size = { width: 480, height: 320 };

module.exports = defineConfig({
  testDir: 'tests',
  outputDir: `results/${kind}`,
  snapshotPathTemplate: '{testDir}/{testFileName}-snapshots/{arg}{ext}',
  workers: 1,
  timeout: 10_000,
  expect: { timeout: 1_500 },
  reporter: isReport ? [['html', { outputFolder: 'report', open: 'never' }]] : [['json', { outputFile: `${kind}.json` }], ['list']],
  use: {
    baseURL: 'https://shop.acme.example',
    ignoreHTTPSErrors: true,
    viewport: size,
    actionTimeout: 1_200,
    screenshot: isReport ? 'off' : 'only-on-failure',
    video: ['filmed', 'video'].includes(kind) ? { mode: 'retain-on-failure', size } : 'off',
    trace: kind === 'trace' ? everything : isReport ? 'off' : { mode: 'retain-on-failure', screenshots: kind === 'filmed', attachments: kind === 'filmed' },
    launchOptions: {
      executablePath: process.env.CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        // nothing listens at the carrier's
        `--host-resolver-rules=MAP shop.acme.example 127.0.0.1:${port}, MAP carrier.acme.example 127.0.0.1:9`,
        // the page of the receipt takes more than this, and crashes
        '--js-flags=--max-old-space-size=24',
      ],
    },
  },
  webServer: {
    command: 'node server.js',
    url: `https://127.0.0.1:${port}/`,
    ignoreHTTPSErrors: true,
    reuseExistingServer: false,
  },
});
