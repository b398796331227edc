package io.manta.testkit.chaos;

import io.manta.core.MantaException;
import io.manta.core.NodeDiedException;
import io.manta.core.ObjectRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;

/// Submits tasks of all kinds, some at a time.
final class TaskClient extends Client {
  private static final int BURST = 5;
  private static final int MOST = 1_000;
  private static final List<Sum> KINDS = List.of(Sum.values());

  /// A task and what came of it.
  ///
  /// @param answer none when it failed
  record Made(CallId id, Sum kind, long number, Optional<Long> answer, String why) {}

  private record UnderWay(CallId id, Sum kind, long number, ObjectRef<Long> ref) {}

  private final ConcurrentLinkedQueue<Made> history = new ConcurrentLinkedQueue<>();
  private int tasks;

  TaskClient(Seat seat, int number, long seed) {
    super(seat, number, seed);
  }

  List<Made> history() {
    return List.copyOf(history);
  }

  @Override
  String doing() {
    return "task client %d: %d tasks over, %s".formatted(number, history.size(), failures());
  }

  @Override
  void step() {
    Seat.Session now = seat.session();
    var underWay = new ArrayList<UnderWay>();
    try {
      int burst = 1 + random.nextInt(BURST);
      for (int i = 0; i < burst; i++) {
        var id = new CallId(number, now.number(), ++tasks);
        Sum kind = KINDS.get(random.nextInt(KINDS.size()));
        long value = random.nextInt(MOST);
        underWay.add(new UnderWay(id, kind, value, kind.submit(now.manta(), id, value)));
      }
    } catch (MantaException e) {
      expected(e, now.isOver());
    }
    underWay.forEach(task -> read(task, now));
    awaitSession(now);
  }

  private void read(UnderWay task, Seat.Session in) {
    Optional<Long> answer = Optional.empty();
    String why = "";
    try {
      answer = Optional.of(task.ref().get(LIMIT));
      answered();
    } catch (MantaException e) {
      boolean allowed = task.kind() == Sum.ONCE && e instanceof NodeDiedException;
      why = expected(e, in.isOver(), allowed);
    }
    history.add(new Made(task.id(), task.kind(), task.number(), answer, why));
  }
}
