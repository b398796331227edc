package io.manta.testkit.chaos;

import io.manta.actors.Manta;
import io.manta.core.ObjectRef;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/// The kinds of tasks that clients submit. All come to the square of a number.
enum Sum {
  /// At most once.
  ONCE {
    @Override
    ObjectRef<Long> submit(Manta manta, CallId id, long number) {
      return manta.task(() -> begun(id) * number * number).retries(0).submit();
    }
  },
  PLAIN {
    @Override
    ObjectRef<Long> submit(Manta manta, CallId id, long number) {
      return manta.task(() -> begun(id) * number * number).retries(RETRIES).submit();
    }
  },
  /// Submits tasks itself and waits for them.
  NESTED {
    @Override
    ObjectRef<Long> submit(Manta manta, CallId id, long number) {
      return manta.task(() -> begun(id) * ofParts(number)).retries(RETRIES).submit();
    }
  },
  /// Captured a small value, of the driver.
  CAPTURING {
    @Override
    ObjectRef<Long> submit(Manta manta, CallId id, long number) {
      ObjectRef<long[]> numbers = manta.put(times(number, 3));
      return manta
          .task(() -> begun(id) * LongStream.of(numbers.get()).sum() / 3 * number)
          .retries(RETRIES)
          .submit();
    }
  },
  /// Captured the large value of another task, which may be lost with its node.
  AFTER_LARGE {
    @Override
    ObjectRef<Long> submit(Manta manta, CallId id, long number) {
      ObjectRef<long[]> large = manta.task(() -> times(number, LARGE)).retries(RETRIES).submit();
      return manta
          .task(() -> begun(id) * LongStream.of(large.get()).sum() / LARGE * number)
          .retries(RETRIES)
          .submit();
    }
  };

  static final int RETRIES = 1_000;

  /// Above 100 KiB.
  private static final int LARGE = 20_000;

  abstract ObjectRef<Long> submit(Manta manta, CallId id, long number);

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
