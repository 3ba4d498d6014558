const { test, expect } = require('@playwright/test');
test.describe('Checkout', () => {
  test.describe('Totals', () => {
    test('shows the item total', async ({ page }) => { await page.goto('/checkout'); await expect(page.locator('#sub')).toHaveText('$49.97'); });
    test('tax is 8 % of the item total, rounded half up', async ({ page }) => { await page.goto('/checkout'); await expect(page.locator('#tax')).toHaveText('$4.01'); });
    test('lists every line of the cart in order', async ({ page }) => { await page.goto('/checkout'); await expect(page.locator('#lines li')).toHaveText(['1 × Sauce Labs Backpack', '1 × Bike Light', '1 × Onesie']); });
  });

  test.describe('Thank-you page', () => {
    for (const [kind, name] of [['plain', 'Ada'], ['accented', 'Zoë'], ['apostrophe', "O'Neill"]]) {
      test(`thank-you line greets a customer with ${kind} first name "${name}"`, async ({ page }) => {
        await page.goto('/checkout');
        await page.getByLabel('First name').fill(name);
        await page.getByLabel('Postal code').fill('10115');
        await page.getByRole('button', { name: 'Finish' }).click();
        await expect(page.locator('#thanks')).toHaveText(`Thank you, ${name}!`);
      });
    }
  });

  test.describe('Address', () => {
    test('postal code refuses letters', async ({ page }) => {
      await page.goto('/checkout');
      await page.getByLabel('Postal code').fill('ABC');
      await page.getByRole('button', { name: 'Finish' }).click();
      await expect(page.locator('#hint')).toHaveText('A postal code has five digits.');
    });

    test('steps: places an order', async ({ page }) => {
      await test.step('open the checkout', () => page.goto('/checkout'));
      await test.step('fill in', async () => { await page.getByLabel('First name').fill('Grace'); await test.step('nested step', () => page.getByLabel('Postal code').fill('10115')); });
      await test.step('place the order', () => page.getByRole('button', { name: 'Place order' }).click());
    });
  });
});

test.describe('Checkout', () => {
  const receipt = '/orders/1042/receipt.pdf';
  test('shipping costs come from the carrier', async ({ page }) => {
    const carrier = 'https://carrier.acme.example';
    await page.goto(carrier + '/quote?to=10115');
    await expect(page.locator('#price')).toHaveText('$4.95');
  });

  test('receipt opens as a PDF', async ({ page }) => {
    await page.goto('/orders/1042');
    const opened = page.waitForEvent('popup');
    await page.getByRole('link', { name: 'Receipt (PDF)' }).click();
    await expect(await opened).toHaveURL(receipt);
  });

  test('order history lists the order', async ({ page }) => {
    await page.goto('/orders');
    await expect(page.getByRole('link', { name: 'Order 1042' })).toBeVisible();
  });

  test('empty cart shows a hint', async ({ page }) => {
    await page.goto('/checkout?empty');
    await expect(page.locator('#hint')).toHaveText('Your cart is empty.');
  });
});
