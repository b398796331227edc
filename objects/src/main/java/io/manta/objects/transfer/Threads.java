package io.manta.objects.transfer;

/// Waiting for threads.
final class Threads {
  private Threads() {}

  /// Waits whatever interrupts, and keeps the interrupt.
  static void join(Thread thread) {
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
