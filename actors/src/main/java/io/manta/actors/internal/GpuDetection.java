package io.manta.actors.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which gpus this process sees: those that a variable leaves visible, else those that the drivers
/// of NVIDIA or AMD list in files, else what their tools say.
///
/// The files are those of the drivers: https://docs.kernel.org/gpu/amdgpu/index.html for
/// `/sys/class/kfd`, and the README of NVIDIA's for `/proc/driver/nvidia/gpus`.
public final class GpuDetection {
  private static final Logger LOG = LoggerFactory.getLogger(GpuDetection.class);
  private static final long TOOL_SECONDS = 5;

  /// Whose gpus.
  public enum Maker {
    NVIDIA("CUDA_VISIBLE_DEVICES"),
    AMD("HIP_VISIBLE_DEVICES");

    private final String variable;

    Maker(String variable) {
      this.variable = variable;
    }

    /// The environment variable that says which of them a process is to see.
    public String variable() {
      return variable;
    }
  }

  /// @param count how many of one maker, of which the node gives out the numbers from 0
  public record Found(Maker maker, int count) {}

  private final Path root;
  private final Map<String, String> environment;
  private final Function<List<String>, List<String>> tool;

  /// Of this machine and process.
  public GpuDetection() {
    this(Path.of("/"), System.getenv(), GpuDetection::lines);
  }

  /// @param root of the file system
  /// @param tool the lines that a command prints; none when it is not there or fails
  GpuDetection(
      Path root, Map<String, String> environment, Function<List<String>, List<String>> tool) {
    this.root = root;
    this.environment = environment;
    this.tool = tool;
  }

  /// What there is; NVIDIA's when there are of both. Takes some milliseconds, or seconds where only
  /// a tool knows.
  public Optional<Found> find() {
    return Stream.of(Maker.values())
        .map(maker -> new Found(maker, count(maker)))
        .filter(found -> found.count > 0)
        .findFirst();
  }

  private int count(Maker maker) {
    String visible = environment.get(maker.variable);
    if (visible != null) {
      return visible(visible);
    }
    int listed = maker == Maker.NVIDIA ? nvidiaFiles() : amdFiles();
    return listed > 0 ? listed : maker == Maker.NVIDIA ? nvidiaTool() : amdTool();
  }

  /// Numbers or names, separated by commas, up to one that is none: -1 and `NoDevFiles` hide all.
  private static int visible(String devices) {
    return (int)
        Arrays.stream(devices.split(","))
            .map(String::strip)
            .takeWhile(device -> device.matches("\\d+|GPU-.+|MIG-.+"))
            .count();
  }

  private int nvidiaFiles() {
    return count("proc/driver/nvidia/gpus", gpu -> Files.exists(gpu.resolve("information")));
  }

  /// Processors are listed there too, without units that compute in parallel.
  private int amdFiles() {
    return count(
        "sys/class/kfd/kfd/topology/nodes",
        node ->
            read(node.resolve("properties")).stream()
                .anyMatch(line -> line.matches("simd_count\\s+0*[1-9]\\d*")));
  }

  private int count(String folder, Function<Path, Boolean> isGpu) {
    try (Stream<Path> all = Files.list(root.resolve(folder))) {
      return (int) all.filter(isGpu::apply).count();
    } catch (IOException | UncheckedIOException e) {
      LOG.debug("no gpus in {}", folder, e);
      return 0;
    }
  }

  private static List<String> read(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      LOG.debug("{} can't be read", file, e);
      return List.of();
    }
  }

  private int nvidiaTool() {
    return (int)
        tool.apply(List.of("nvidia-smi", "-L")).stream()
            .filter(line -> line.matches("GPU \\d+:.*"))
            .count();
  }

  private int amdTool() {
    return (int)
        tool.apply(List.of("rocm-smi", "--showid")).stream()
            .filter(line -> line.startsWith("GPU["))
            .map(line -> line.substring(0, line.indexOf(']') + 1))
            .distinct()
            .count();
  }

  private static List<String> lines(List<String> command) {
    if (!isOnPath(command.getFirst())) {
      return List.of();
    }
    try {
      Path out = Files.createTempFile("manta-gpus", ".txt");
      try {
        Process process =
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        if (!process.waitFor(TOOL_SECONDS, TimeUnit.SECONDS)) {
          process.destroyForcibly();
          LOG.warn("'{}' did not end within {} s: no gpus", command.getFirst(), TOOL_SECONDS);
          return List.of();
        }
        return process.exitValue() == 0 ? Files.readAllLines(out) : List.of();
      } finally {
        Files.deleteIfExists(out);
      }
    } catch (IOException e) {
      LOG.debug("'{}' can't be run", command.getFirst(), e);
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  private static boolean isOnPath(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
        .filter(folder -> !folder.isBlank())
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }
}
