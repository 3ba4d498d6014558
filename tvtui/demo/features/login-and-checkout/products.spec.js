const { test, expect } = require('@playwright/test');
test.describe.configure({ retries: 1 });
test.describe('Products', () => {
  test('cart badge counts the items', async ({ page }) => {
    await page.goto('/products');
    await page.locator('[data-test="add-backpack"]').click();
    await page.locator('[data-test="add-bike-light"]').click();
    await expect(page.getByTestId('badge')).toHaveText('2', { timeout: 500 });
  });
  test('adds a product from the list', async ({ page }) => {
    await page.goto('/products');
    await page.getByRole('button', { name: 'Add to cart' }).click();
    await expect(page.getByTestId('badge')).toHaveText('1');
  });

  test('sorts products by price', async ({ page }) => {
    await page.goto('/products');
    await page.getByLabel('Sort by').selectOption('price');
    await expect(page.locator('.price')).toHaveText(['$9.99', '$9.99', '$29.99']);
  });
});
