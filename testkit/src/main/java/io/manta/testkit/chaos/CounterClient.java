package io.manta.testkit.chaos;

import io.manta.actors.ActorHandle;
import io.manta.core.ActorDiedException.Reason;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.ObjectRef;
import io.manta.testkit.chaos.Tally.Applied;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/// Calls a counter, some calls at a time.
final class CounterClient extends Client {
  private static final int BURST = 6;

  /// A call and what came of it.
  ///
  /// @param answer none when it failed: then it ran, or not
  record Made(CallId call, long madeNanos, long overNanos, Optional<Applied> answer, String why) {}

  private record UnderWay(CallId call, long madeNanos, ObjectRef<Applied> ref) {}

  private final Counting counter;
  private final ConcurrentLinkedQueue<Made> history = new ConcurrentLinkedQueue<>();
  private Seat.@Nullable Session session;
  private @Nullable ActorHandle<Tally> handle;
  private int calls;
  private volatile Optional<NodeId> home = Optional.empty();

  CounterClient(Counting counter, Seat seat, int number, long seed) {
    super(seat, number, seed);
    this.counter = counter;
  }

  Counting counter() {
    return counter;
  }

  /// Where the counter was when it last answered.
  Optional<NodeId> home() {
    return home;
  }

  List<Made> history() {
    return List.copyOf(history);
  }

  @Override
  String doing() {
    return "client %d of %s: %d calls over, %s"
        .formatted(number, counter, history.size(), failures());
  }

  @Override
  void step() {
    Seat.Session now = seat.session();
    var underWay = new ArrayList<UnderWay>();
    try {
      ActorHandle<Tally> tally = handleIn(now);
      int burst = 1 + random.nextInt(BURST);
      for (int i = 0; i < burst; i++) {
        var call = new CallId(number, now.number(), ++calls);
        underWay.add(new UnderWay(call, System.nanoTime(), tally.call(t -> t.add(call))));
      }
    } catch (MantaException e) {
      expected(e, now.isOver(), isNameSilent(e));
    }
    underWay.forEach(call -> read(call, now));
    awaitSession(now);
  }

  private ActorHandle<Tally> handleIn(Seat.Session now) {
    ActorHandle<Tally> known = handle;
    if (known == null || !now.equals(session)) {
      known = counter.handle(now.manta());
      handle = known;
      session = now;
    }
    return known;
  }

  private void read(UnderWay call, Seat.Session in) {
    Optional<Applied> answer = Optional.empty();
    String why = "";
    try {
      answer = Optional.of(call.ref().get(LIMIT));
      home = answer.map(Applied::node);
      answered();
    } catch (MantaException e) {
      why =
          counter.callRetries() == 0
              ? expected(e, in.isOver(), Reason.NODE_DIED)
              : expected(e, in.isOver());
    }
    history.add(new Made(call.call(), call.madeNanos(), System.nanoTime(), answer, why));
  }
}
