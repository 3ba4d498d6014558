const { test, expect } = require('@playwright/test');

test.describe('Orders', () => {
  test('Order 1042 opens from the list', async ({ page }, testInfo) => {
    await page.goto('/account');
    await page.getByLabel('User name').fill('ada');
    await page.getByRole('button', { name: 'Show orders' }).click();
    await testInfo.attach('order.json', { contentType: 'application/json', body: '{"order": 1042, "status": "shipped"}' });
    await page.getByRole('link', { name: 'Order 1042' }).click({ timeout: 600 });
  });

  test('Voucher lowers the total', async ({ page }) => {
    await page.goto('/voucher');
    await test.step('redeem the voucher', async () => {
      await page.getByRole('button', { name: 'Redeem SPRING' }).click();
    });
    await expect.soft(page.locator('#total')).toHaveText('$44.97', { timeout: 400 });
    await expect(page.getByText('Voucher redeemed')).toBeVisible({ timeout: 400 });
  });
});

test.describe('Articles', () => {
  test('Articles are sorted by price', async ({ page }) => {
    await page.goto('/articles?sort=price');
    const prices = await page.locator('.price').allTextContents();
    for (let at = 1; at < prices.length; at++)
      if (Number(prices[at].slice(1)) < Number(prices[at - 1].slice(1)))
        throw new Error(`not sorted by price: ${prices[at]} comes after ${prices[at - 1]}`);
  });

  test('Backpack can be added', async ({ page }) => {
    await page.goto('/articles');
    await page.getByRole('button', { name: 'Add' }).click();
  });

  test('Articles have a price', async ({ page }) => {
    await page.goto('/articles');
    await expect(page.locator('.price')).toHaveText(['$29.99', '$9.99']);
  });
});

test.describe('Shops', () => {
  test.describe.configure({ timeout: 2_500 });
  test.beforeEach(async ({ page }) => {
    await page.goto('/shops');
    await page.waitForSelector('#map.ready', { timeout: 0 });
  });

  test('Nearest shop is on the map', async ({ page }) => {
    await page.getByLabel('Postal code').fill('10115');
    await expect(page.getByText('Acme Mitte')).toBeVisible();
  });
});
