package io.manta.testkit.chaos;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.core.ActorDiedException.Reason;
import io.manta.core.MantaException;
import io.manta.core.RemoteFunction;
import io.manta.core.StateUnavailableException;
import io.manta.core.TaskFailedException;
import io.manta.testkit.chaos.Account.Reading;
import io.manta.testkit.chaos.Account.Receipt;
import io.manta.testkit.chaos.Violation.Kind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/// Moves money, and looks at balances. What it began it repeats until it is acknowledged.
class BankClient extends Client {
  private static final int MOST = 60;

  private static final Reason[] ALLOWED = {Reason.NODE_DIED, Reason.CONSTRUCTOR_FAILED};

  /// Who did not make an actor may only hear that nobody knows it any more.
  private static final Reason[] ALLOWED_CONTESTED = {
    Reason.NODE_DIED, Reason.CONSTRUCTOR_FAILED, Reason.STATE_TAKEN_OVER, Reason.UNKNOWN
  };

  /// An acknowledged half of a transfer.
  record Acknowledged(
      String account, String transfer, long madeNanos, long overNanos, Receipt receipt) {}

  /// A balance that was read.
  record Read(String account, long madeNanos, long overNanos, Reading reading) {}

  private final List<String> accounts;
  private final boolean contested;
  private final ConcurrentLinkedQueue<Acknowledged> halves = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Read> reads = new ConcurrentLinkedQueue<>();
  private final Map<String, ActorHandle<Account>> handles = new HashMap<>();
  private Seat.@Nullable Session session;
  private int transfers;
  private volatile String call = "nothing";

  /// @param contested whether others take the state of these accounts over
  BankClient(List<String> accounts, boolean contested, Seat seat, int number, long seed) {
    super(seat, number, seed);
    this.accounts = accounts;
    this.contested = contested;
  }

  /// The actor of an account through which it works.
  ActorHandle<Account> open(Manta manta, String name) {
    return Bank.open(manta, name);
  }

  boolean isOn(List<String> some) {
    return accounts.equals(some);
  }

  List<Acknowledged> halves() {
    return List.copyOf(halves);
  }

  List<Read> reads() {
    return List.copyOf(reads);
  }

  @Override
  String doing() {
    return "bank client %d: %d halves, at %s, %s"
        .formatted(number, halves.size(), call, failures());
  }

  @Override
  void step() {
    String from = accounts.get(random.nextInt(accounts.size()));
    String to = accounts.get(random.nextInt(accounts.size()));
    if (from.equals(to) && contested) {
      return; // one whose state was taken over may still be read, and knows nothing of that
    }
    if (from.equals(to)) {
      long made = System.nanoTime();
      Reading reading = acknowledged(from, "reading", Account::read);
      reads.add(new Read(from, made, System.nanoTime(), reading));
      return;
    }
    String transfer = number + "-" + ++transfers;
    long amount = 1L + random.nextInt(MOST);
    Receipt taken = half(from, transfer, account -> account.withdraw(transfer, amount));
    if (taken.entry().amount() != 0) {
      half(to, transfer, account -> account.deposit(transfer, amount));
    }
  }

  private Receipt half(String name, String transfer, RemoteFunction<Account, Receipt> method) {
    long made = System.nanoTime();
    Receipt receipt = acknowledged(name, transfer, method);
    halves.add(new Acknowledged(name, transfer, made, System.nanoTime(), receipt));
    return receipt;
  }

  /// @throws AssertionError when it is not within the limit
  private <T> T acknowledged(String name, String what, RemoteFunction<Account, T> method) {
    long end = System.nanoTime() + LIMIT.toNanos();
    MantaException last = null;
    while (System.nanoTime() < end && !isAbandoned()) {
      Seat.Session now = seat.session();
      call = what + " on " + name + " in session " + now.number();
      try {
        T answer = handle(name, now).call(method).get(LIMIT);
        answered();
        return answer;
      } catch (MantaException e) {
        last = e;
        if (isNameSilent(e)) {
          count("a name was silent");
          handles.remove(name);
        } else if (isUnavailable(e)) {
          count("whether it was kept is not known");
        } else {
          expected(e, now.isOver(), contested ? ALLOWED_CONTESTED : ALLOWED);
          handles.remove(name);
        }
        awaitSession(now);
      }
    }
    throw new Violation(Kind.HANG, call + " was not acknowledged within " + LIMIT, last);
  }

  /// Whether a change was kept is not known.
  private static boolean isUnavailable(MantaException failure) {
    return failure instanceof TaskFailedException
        && failure.getCause() instanceof StateUnavailableException;
  }

  private ActorHandle<Account> handle(String name, Seat.Session now) {
    if (!now.equals(session)) {
      handles.clear();
      session = now;
    }
    return handles.computeIfAbsent(name, missing -> open(now.manta(), name));
  }
}
