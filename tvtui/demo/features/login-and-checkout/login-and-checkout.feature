# Specs are generated from this file: scenarios are tests of the same name.
@shop
Feature: Login and checkout
  Customers sign in, fill their cart and pay what the cart says.

  Background:
    Given the shop is open

  Rule: Only customers in good standing come in

    Scenario: Valid user signs in
      Given I am on the login page
      When I sign in as "standard_user" with the password "secret"
      Then I see the products

    Scenario: Invalid password is rejected
      Given I am on the login page
      When I sign in as "standard_user" with the password "wrong"
      Then I am told "User name and password do not match."
      And I am still on the login page

    Scenario: Locked-out user sees an error
      Given I am on the login page
      When I sign in as "locked_out_user" with the password "secret"
      Then I see an error

    Scenario: Session survives a reload
      Given I am signed in as "standard_user"
      When I reload the page
      Then I am signed in as "standard_user"

    @mail @skip
    Scenario: Password reset sends a mail
      Given I am on the login page
      When I ask for a new password for "ada@acme.example"
      Then I am told "A mail is on its way."

    Scenario: Sign out returns to the login page
      Given I am signed in as "standard_user"
      When I sign out
      Then I am on the login page

  Rule: The customer pays what the cart says

    Scenario: shows the item total
      Given these articles are in my cart:
        | article             | pieces | price  |
        | Sauce Labs Backpack | 1      | $29.99 |
        | Bike Light          | 1      | $9.99  |
        | Onesie              | 1      | $9.99  |
      When I open the checkout
      Then the item total is "$49.97"

    @tax
    Scenario: tax is 8 % of the item total, rounded half up
      When I open the checkout
      Then the tax is "$4.01"

    Scenario: lists every line of the cart in order
      When I open the checkout
      Then these lines are listed in this order:
        | 1 × Sauce Labs Backpack |
        | 1 × Bike Light          |
        | 1 × Onesie              |

    Scenario Outline: thank-you line greets a customer with <kind> first name "<name>"
      Given I have opened the checkout
      When I fill in the first name "<name>" and the postal code "10115"
      And I finish
      Then I read "Thank you, <name>!"

      Examples:
        | kind       | name    |
        | plain      | Ada     |
        | accented   | Zoë     |
        | apostrophe | O'Neill |

  Rule: The cart holds what was put into it

    @retry
    Scenario: cart badge counts the items
      Given I look at the products
      When I add a backpack and a bike light to the cart
      Then the badge says "2"

    Scenario: adds a product from the list
      Given I look at the products
      When I add the first product to the cart
      Then the badge says "1"

    Scenario: sorts products by price
      Given I look at the products
      When I sort them by price
      Then the cheapest product comes first

  Rule: An order needs an address and has a receipt

    Scenario: postal code refuses letters
      Given I have opened the checkout
      When I fill in the postal code "ABC"
      And I finish
      Then I am told "A postal code has five digits."

    Scenario: steps: places an order
      Given I have opened the checkout
      When I fill in the first name "Grace" and the postal code "10115"
      And I place the order
      Then I see the thank-you page

    @carrier
    Scenario: shipping costs come from the carrier
      When I ask the carrier for a quote to "10115"
      Then shipping costs "$4.95"

    Scenario: receipt opens as a PDF
      Given I look at the order "1042"
      When I open its receipt
      Then a PDF opens in a window of its own

    Scenario: order history lists the order
      When I look at my orders
      Then the order "1042" is listed

    Scenario: empty cart shows a hint
      Given my cart is empty
      When I open the checkout
      Then I am told "Your cart is empty."
