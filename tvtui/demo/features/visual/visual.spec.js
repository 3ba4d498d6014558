const { test, expect } = require('@playwright/test');
const q = process.env.VISUAL_QUERY;
test.describe('Visual regression', () => {
  test('card looks the same', async ({ page }) => { await page.goto('/visual?v=A'); await expect(page.locator('#card')).toHaveScreenshot('card.png'); });
  test('card colour changed', async ({ page }) => { await page.goto('/visual' + (q || '?v=A&red=1')); await expect(page.locator('#card')).toHaveScreenshot('card-colour.png'); });
  test('card height changed', async ({ page }) => { await page.goto('/visual' + (q || '?v=A&big=1')); await expect(page.locator('#card')).toHaveScreenshot('card-height.png'); });
  test('page never becomes stable', async ({ page }) => { await page.goto('/spin'); await expect(page).toHaveScreenshot('spin.png', { timeout: 900 }); });
  test('no baseline yet', async ({ page }) => { await page.goto('/visual?v=N'); await expect(page.locator('#card')).toHaveScreenshot('never-written.png'); });
  test('text snapshot', async () => { expect('total: 53.97\ntax: 4.00\n').toMatchSnapshot('totals.txt'); });
});
