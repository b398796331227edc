package io.manta.testkit.chaos;

import io.manta.actors.DurableActor;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A durable account. Each half of a transfer is decided once, however often it is asked for.
public class Account extends DurableActor<Account.Book> {
  static final long OPENING = 100;

  /// What a node prints when one starts there.
  static final String STARTS = "ACCOUNT STARTS ";

  /// One decision.
  ///
  /// @param amount what was added; 0 when it was refused
  /// @param balance after it
  public record Entry(String transfer, long amount, long balance) {}

  /// All decisions, in order.
  public record Book(List<Entry> entries) {
    long balance() {
      return entries.isEmpty() ? OPENING : entries.getLast().balance();
    }

    private Optional<Receipt> receipt(String transfer) {
      for (int i = 0; i < entries.size(); i++) {
        if (entries.get(i).transfer().equals(transfer)) {
          return Optional.of(new Receipt(i + 1, entries.get(i)));
        }
      }
      return Optional.empty();
    }
  }

  /// @param position of the entry in the book, from 1
  public record Receipt(int position, Entry entry) {}

  /// What a reader sees.
  ///
  /// @param position of the last entry; 0 for none
  public record Reading(int position, long balance) {}

  /// A decision is kept.
  public record Entered(String transfer, long amount) implements Change<Book> {
    @Override
    public Book applyTo(Book book) {
      var entries = new ArrayList<>(book.entries());
      entries.add(new Entry(transfer, amount, book.balance() + amount));
      return new Book(List.copyOf(entries));
    }
  }

  private final String name;

  public Account(String name) {
    super(name);
    this.name = name;
  }

  @Override
  protected void onStart() {
    System.out.printf(
        "%s%s: %s, incarnation %d at %s%n",
        STARTS, name, context().id(), context().incarnation(), Instant.now());
  }

  @Override
  protected Book initialState() {
    return new Book(List.of());
  }

  @Override
  protected int snapshotEvery() {
    return 20;
  }

  /// Takes the amount, or nothing where it is not there.
  public Receipt withdraw(String transfer, long amount) {
    return decide(transfer, state().balance() >= amount ? -amount : 0);
  }

  public Receipt deposit(String transfer, long amount) {
    return decide(transfer, amount);
  }

  private Receipt decide(String transfer, long amount) {
    Optional<Receipt> before = state().receipt(transfer);
    if (before.isPresent()) {
      return before.get();
    }
    persist(new Entered(transfer, amount));
    return new Receipt(state().entries().size(), state().entries().getLast());
  }

  public Reading read() {
    return new Reading(state().entries().size(), state().balance());
  }

  public Book book() {
    return state();
  }
}
