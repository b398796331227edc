package io.manta.objects.store;

import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Another JVM with a store of the same host, told what to do over its standard input. It ends with
/// its input, so never outlives the test.
final class StoreProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader output;

  private StoreProcess(Process process) {
    this.process = process;
    this.output = process.inputReader();
  }

  static StoreProcess start(StoreConfig config) throws IOException {
    var command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            StoreProcess.class.getName(),
            config.folder().toString(),
            config.spillFolder().toString());
    var started =
        new StoreProcess(
            new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
    started.expect("open");
    return started;
  }

  long pid() {
    return process.pid();
  }

  /// Sends a line and gives the answer.
  String ask(String line) throws IOException {
    var writer = process.outputWriter();
    writer.write(line + "\n");
    writer.flush();
    return read();
  }

  String read() throws IOException {
    return output.readLine();
  }

  /// The sum of the object's bytes, seen through a view that the process keeps.
  long map(Location at) throws IOException {
    return Long.parseLong(
        ask("map " + at.host() + " " + at.segment() + " " + at.offset() + " " + at.length()));
  }

  /// Has it make an object whose bytes are all the same, pinned.
  Location put(long number, long bytes, int value) throws IOException {
    String[] at = ask("put " + number + " " + bytes + " " + value).split(" ");
    return new Location(Long.parseLong(at[0]), at[1], Long.parseLong(at[2]), Long.parseLong(at[3]));
  }

  private void expect(String line) throws IOException {
    String got = read();
    if (!line.equals(got)) {
      throw new IOException("'" + got + "' instead of '" + line + "'");
    }
  }

  void kill() throws InterruptedException {
    process.destroyForcibly();
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the process does not end");
    }
  }

  @Override
  public void close() throws InterruptedException {
    kill();
  }

  public static void main(String[] arguments) throws IOException {
    StoreConfig config =
        StoreConfig.defaults()
            .withFolder(Path.of(arguments[0]))
            .withSpillFolder(Path.of(arguments[1]))
            .withAllocateTimeout(Duration.ofSeconds(5));
    var kept = new ArrayList<MemorySegment>();
    try (ObjectStore store = ObjectStore.open(config);
        var input = new BufferedReader(new java.io.InputStreamReader(System.in))) {
      say("open");
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        String[] words = line.split(" ");
        try {
          say(answer(store, kept, words));
        } catch (RuntimeException e) {
          say(e.toString().replace('\n', ' '));
        }
      }
    }
  }

  private static String answer(ObjectStore store, List<MemorySegment> kept, String[] words) {
    return switch (words[0]) {
      case "map" -> {
        var at =
            new Location(
                Long.parseLong(words[1]),
                words[2],
                Long.parseLong(words[3]),
                Long.parseLong(words[4]));
        Optional<MemorySegment> view = store.map(at, () -> say("unreachable"));
        view.ifPresent(kept::add);
        yield String.valueOf(view.map(StoreProcess::sum).orElse(-1L));
      }
      case "sum" -> String.valueOf(sum(kept.getLast()));
      case "write" -> {
        kept.getLast().set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        yield "written";
      }
      case "forget" -> {
        kept.clear();
        System.gc();
        yield "forgotten";
      }
      case "put" -> {
        var id = new ObjectId(new NodeId(77), Long.parseLong(words[1]));
        try (Allocation room = store.create(id, Long.parseLong(words[2]))) {
          room.segment().fill(Byte.parseByte(words[3]));
          room.seal();
        }
        Location at = store.pin(id, new NodeId(1)).orElseThrow();
        yield at.host() + " " + at.segment() + " " + at.offset() + " " + at.length();
      }
      case "release" -> {
        store.unpinAll(new NodeId(1));
        yield "released";
      }
      case "delete" ->
          String.valueOf(store.delete(new ObjectId(new NodeId(77), Long.parseLong(words[1]))));
      default -> throw new IllegalArgumentException(words[0]);
    };
  }

  static long sum(MemorySegment bytes) {
    long sum = 0;
    for (long i = 0; i < bytes.byteSize(); i++) {
      sum += bytes.get(ValueLayout.JAVA_BYTE, i);
    }
    return sum;
  }

  private static synchronized void say(String line) {
    System.out.println(line);
  }
}
