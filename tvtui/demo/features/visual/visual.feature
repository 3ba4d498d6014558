Feature: Visual regression
  Parts of the shop look as they did when their pictures were approved.

  Scenario: card looks the same
    Given I look at the product card
    Then it looks like "card.png"

  Scenario: card colour changed
    Given I look at the product card
    Then it looks like "card-colour.png"

  Scenario: card height changed
    Given I look at the product card
    Then it looks like "card-height.png"

  Scenario: page never becomes stable
    Given I look at a page that never rests
    Then it looks like "spin.png" within 900 ms

  Scenario: no baseline yet
    Given I look at a card that was never approved
    Then it looks like "never-written.png"

  Scenario: text snapshot
    Given my cart holds a backpack
    Then the totals read as in "totals.txt"
