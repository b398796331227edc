package io.manta.actors.internal.memory;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.List;

/// The heap of a JVM, in bytes.
interface Heap {
  /// With garbage; costs nothing.
  long used();

  long most();

  /// What the system gave to it, in use or not.
  long committed();

  /// Has garbage collected, which takes a while.
  void collect();

  /// What the last collection found in use, whoever asked for it. A concurrent one leaves what died
  /// while it ran; near the end of the heap the JVM stops the program for a whole one by itself.
  long kept();

  /// The one of this JVM.
  static Heap ofThisJvm() {
    return new Heap() {
      private final Runtime runtime = Runtime.getRuntime();

      @Override
      public long used() {
        return runtime.totalMemory() - runtime.freeMemory();
      }

      @Override
      public long most() {
        return runtime.maxMemory();
      }

      @Override
      public long committed() {
        return runtime.totalMemory();
      }

      @Override
      public void collect() {
        System.gc();
      }

      @Override
      public long kept() {
        return Pools.HEAP.stream().mapToLong(Pools::usedAfterCollection).sum();
      }
    };
  }

  /// Found when they are needed first, since that takes a while. Not the space of G1 that a
  /// collection leaves empty: a concurrent one that ends reports what has been allocated since.
  final class Pools {
    private static final List<MemoryPoolMXBean> HEAP =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .filter(pool -> !pool.getName().equals("G1 Eden Space"))
            .toList();

    private Pools() {}

    private static long usedAfterCollection(MemoryPoolMXBean pool) {
      MemoryUsage usage = pool.getCollectionUsage();
      return (usage == null ? pool.getUsage() : usage).getUsed();
    }
  }
}
