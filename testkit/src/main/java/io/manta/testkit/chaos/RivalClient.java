package io.manta.testkit.chaos;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import java.time.Duration;
import java.util.List;

/// Moves money through actors of its own, which take the state of the accounts over from those that
/// others use, and lose it to them again.
final class RivalClient extends BankClient {
  RivalClient(List<String> accounts, Seat seat, int number, long seed) {
    super(accounts, true, seat, number, seed);
  }

  @Override
  Duration pause() {
    return Duration.ofMillis(700);
  }

  @Override
  ActorHandle<Account> open(Manta manta, String name) {
    return Bank.takeOver(manta, name);
  }
}
