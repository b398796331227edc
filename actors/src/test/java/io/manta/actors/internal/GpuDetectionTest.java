package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.actors.internal.GpuDetection.Found;
import io.manta.actors.internal.GpuDetection.Maker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GpuDetectionTest {
  @TempDir private Path root;

  private Optional<Found> find(Map<String, String> environment) {
    return new GpuDetection(root, environment, command -> List.of()).find();
  }

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private void writeNvidia() throws IOException {
    write("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: A\n");
    write("proc/driver/nvidia/gpus/0000:02:00.0/information", "Model: A\n");
  }

  @Test
  void shouldFindNoneOnAMachineWithout() {
    assertThat(find(Map.of())).isEmpty();
  }

  @Test
  void shouldCountWhatTheDriverOfNvidiaLists() throws IOException {
    writeNvidia();

    assertThat(find(Map.of())).contains(new Found(Maker.NVIDIA, 2));
  }

  @Test
  void shouldCountOnlyWhatIsVisible() throws IOException {
    writeNvidia();

    assertThat(find(Map.of("CUDA_VISIBLE_DEVICES", "3"))).contains(new Found(Maker.NVIDIA, 1));
    assertThat(find(Map.of("CUDA_VISIBLE_DEVICES", "GPU-8e2f, 1")))
        .contains(new Found(Maker.NVIDIA, 2));
    assertThat(find(Map.of("CUDA_VISIBLE_DEVICES", "0,-1,1"))).contains(new Found(Maker.NVIDIA, 1));
    assertThat(find(Map.of("CUDA_VISIBLE_DEVICES", ""))).isEmpty();
    assertThat(find(Map.of("CUDA_VISIBLE_DEVICES", "NoDevFiles"))).isEmpty();
  }

  @Test
  void shouldTellGpusOfAmdFromProcessors() throws IOException {
    write("sys/class/kfd/kfd/topology/nodes/0/properties", "cpu_cores_count 8\nsimd_count 0\n");
    write("sys/class/kfd/kfd/topology/nodes/1/properties", "cpu_cores_count 0\nsimd_count 240\n");

    assertThat(find(Map.of())).contains(new Found(Maker.AMD, 1));
  }

  @Test
  void shouldAskTheToolsWhereThereAreNoFiles() {
    var nvidia =
        new GpuDetection(
            root,
            Map.of(),
            command ->
                command.equals(List.of("nvidia-smi", "-L"))
                    ? List.of("GPU 0: A (UUID: GPU-1)", "  MIG 1g.5gb", "GPU 1: A (UUID: GPU-2)")
                    : List.of());
    var amd =
        new GpuDetection(
            root,
            Map.of(),
            command ->
                command.getFirst().equals("rocm-smi")
                    ? List.of("=== ID ===", "GPU[0] : Device ID: 0x1", "GPU[0] : Rev: 0x2")
                    : List.of());

    assertThat(nvidia.find()).contains(new Found(Maker.NVIDIA, 2));
    assertThat(amd.find()).contains(new Found(Maker.AMD, 1));
  }
}
