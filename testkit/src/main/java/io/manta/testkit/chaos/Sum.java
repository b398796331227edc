package io.manta.testkit.chaos;

import io.manta.actors.Manta;
import io.manta.core.ObjectRef;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/// The kinds of tasks that clients submit. All come to the square of a number.
///
/// Without classes of their own: two tasks that begin on a node at the same time would initialize
/// such a class and this one in opposite orders, and wait for each other for ever (JLS 12.4.2).
enum Sum {
  /// At most once.
  ONCE,
  PLAIN,
  /// Submits tasks itself and waits for them.
  NESTED,
  /// Captured a small value, of the driver.
  CAPTURING,
  /// Captured the large value of another task, which may be lost with its node.
  AFTER_LARGE;

  static final int RETRIES = 1_000;

  /// Above 100 KiB.
  private static final int LARGE = 20_000;

  ObjectRef<Long> submit(Manta manta, CallId id, long number) {
    return switch (this) {
      case ONCE -> manta.task(() -> begun(id) * number * number).retries(0).submit();
      case PLAIN -> manta.task(() -> begun(id) * number * number).retries(RETRIES).submit();
      case NESTED -> manta.task(() -> begun(id) * ofParts(number)).retries(RETRIES).submit();
      case CAPTURING -> {
        ObjectRef<long[]> numbers = manta.put(times(number, 3));
        yield manta
            .task(() -> begun(id) * LongStream.of(numbers.get()).sum() / 3 * number)
            .retries(RETRIES)
            .submit();
      }
      case AFTER_LARGE -> {
        ObjectRef<long[]> large = manta.task(() -> times(number, LARGE)).retries(RETRIES).submit();
        yield manta
            .task(() -> begun(id) * LongStream.of(large.get()).sum() / LARGE * number)
            .retries(RETRIES)
            .submit();
      }
    };
  }

  int retries() {
    return this == ONCE ? 0 : RETRIES;
  }

  private static long begun(CallId id) {
    TaskLog.begins(id, Manta.context().attempt());
    return 1;
  }

  private static long[] times(long number, int count) {
    return LongStream.generate(() -> number).limit(count).toArray();
  }

  private static long ofParts(long number) {
    Manta here = Manta.current();
    List<ObjectRef<Long>> parts = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      long part = i < 2 ? number / 3 : number - number / 3 * 2;
      parts.add(here.task(() -> part * number).retries(RETRIES).submit());
    }
    return here.get(parts).stream().mapToLong(Long::longValue).sum();
  }
}
