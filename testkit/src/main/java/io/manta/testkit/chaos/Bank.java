package io.manta.testkit.chaos;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.testkit.chaos.Account.Book;
import io.manta.testkit.chaos.Account.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// What has to be true of the accounts, from their books and from what was acknowledged.
final class Bank {
  private static final int RESTARTS = 10_000;

  private final Map<String, Book> books;
  private final List<BankClient> clients;
  private final List<String> violations = new ArrayList<>();

  /// @param books by account, at the end
  Bank(Map<String, Book> books, List<BankClient> clients) {
    this.books = books;
    this.clients = clients;
  }

  /// The living account of that name, whoever made it.
  static ActorHandle<Account> open(Manta manta, String name) {
    return manta
        .actor(() -> new Account(name))
        .named(name)
        .maxRestarts(RESTARTS)
        .detached()
        .getIfExists()
        .create();
  }

  /// Another actor for that account, which is the only one that may change it from then on.
  static ActorHandle<Account> takeOver(Manta manta, String name) {
    return manta.actor(() -> new Account(name)).maxRestarts(RESTARTS).create();
  }

  /// What contradicts it. To be called when all transfers are over.
  List<String> violations() {
    books.forEach(this::checkBook);
    long sum = books.values().stream().mapToLong(Book::balance).sum();
    if (sum != Account.OPENING * books.size()) {
      violations.add("the sum is %d, and was %d".formatted(sum, Account.OPENING * books.size()));
    }
    clients.forEach(this::checkAcknowledged);
    checkTransfersAreKnown();
    books.keySet().forEach(this::checkOrder);
    return violations;
  }

  private void checkBook(String account, Book book) {
    var transfers = new HashSet<String>();
    long balance = Account.OPENING;
    for (Entry entry : book.entries()) {
      balance += entry.amount();
      if (!transfers.add(entry.transfer())) {
        violations.add("%s has %s twice".formatted(account, entry));
      }
      if (entry.balance() != balance || balance < 0) {
        violations.add("%s has %s, where %d is the balance".formatted(account, entry, balance));
      }
    }
  }

  private List<Entry> entries(String account) {
    return Objects.requireNonNull(books.get(account), account).entries();
  }

  private void checkAcknowledged(BankClient client) {
    for (BankClient.Acknowledged half : client.halves()) {
      List<Entry> entries = entries(half.account());
      int position = half.receipt().position();
      if (position > entries.size() || !entries.get(position - 1).equals(half.receipt().entry())) {
        violations.add(
            "%s is not in its place among %d entries: there is %s"
                .formatted(
                    half,
                    entries.size(),
                    position > entries.size() ? "nothing" : entries.get(position - 1)));
      }
    }
    for (BankClient.Read read : client.reads()) {
      List<Entry> entries = entries(read.account());
      int position = read.reading().position();
      if (position > entries.size()
          || new Book(entries.subList(0, position)).balance() != read.reading().balance()) {
        violations.add("%s never was so".formatted(read));
      }
    }
  }

  /// All was repeated until it was acknowledged, so each entry was.
  private void checkTransfersAreKnown() {
    var acknowledged = new HashMap<String, Integer>();
    for (BankClient client : clients) {
      client
          .halves()
          .forEach(half -> acknowledged.merge(half.account() + half.transfer(), 1, Integer::sum));
    }
    books.forEach(
        (account, book) ->
            book.entries().stream()
                .filter(entry -> acknowledged.getOrDefault(account + entry.transfer(), 0) != 1)
                .forEach(entry -> violations.add(account + " has unknown " + entry)));
  }

  /// Entries are at even places, and what is read after one is between it and the next.
  private void checkOrder(String account) {
    var order = new RealTime();
    for (BankClient client : clients) {
      for (BankClient.Acknowledged half : client.halves()) {
        if (half.account().equals(account)) {
          long place = 2L * half.receipt().position();
          order.made(half.madeNanos(), place, half.toString());
          order.answered(half.overNanos(), place, half.toString());
        }
      }
      for (BankClient.Read read : client.reads()) {
        if (read.account().equals(account)) {
          long place = 2L * read.reading().position();
          order.made(read.madeNanos(), place + 1, read.toString());
          order.answered(read.overNanos(), place, read.toString());
        }
      }
    }
    violations.addAll(order.violations());
  }
}
