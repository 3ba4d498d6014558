const { test } = require('@playwright/test');
test('never collected', async ({ page }) => { await page.goto('/');
