package io.manta.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ReadOnlyBufferException;
import org.junit.jupiter.api.Test;

class PrimitiveArrayTest {
  @Test
  void shouldHoldACopyOfItsElements() {
    float[] elements = {1, 2.5f};
    FloatArray array = FloatArray.copyOf(elements);
    elements[0] = 9;

    assertThat(array.get(0)).isEqualTo(1);
    assertThat(array.length()).isEqualTo(2);
    assertThat(array.toArray()).containsExactly(1, 2.5f);
    assertThat(array.asBuffer().get(1)).isEqualTo(2.5f);
    assertThat(IntArray.copyOf(1, -2).get(1)).isEqualTo(-2);
    assertThat(LongArray.copyOf(5).asBuffer().get(0)).isEqualTo(5);
    assertThat(DoubleArray.copyOf(0.5).toArray()).containsExactly(0.5);
    assertThat(ByteArray.copyOf((byte) 1, (byte) 2).get(1)).isEqualTo((byte) 2);
  }

  @Test
  void shouldViewASegmentWithoutACopy() {
    MemorySegment segment = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_INT, 1, 2, 3);

    assertThat(IntArray.of(segment).toArray()).containsExactly(1, 2, 3);
    assertThat(IntArray.of(segment).segment().address()).isEqualTo(segment.address());
    assertThat(IntArray.of(segment).asBuffer().isDirect()).isTrue();
  }

  @Test
  void shouldNotBeWritten() {
    FloatArray array = FloatArray.copyOf(1);

    assertThatThrownBy(() -> array.asBuffer().put(0, 2))
        .isInstanceOf(ReadOnlyBufferException.class);
    assertThatThrownBy(() -> array.segment().set(ValueLayout.JAVA_BYTE, 0, (byte) 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> array.get(1)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void shouldBeEqualByTypeAndContent() {
    assertThat(FloatArray.copyOf(1, 2))
        .isEqualTo(FloatArray.copyOf(1, 2))
        .hasSameHashCodeAs(FloatArray.copyOf(1, 2))
        .isNotEqualTo(FloatArray.copyOf(1, 3))
        .isNotEqualTo(FloatArray.copyOf(1))
        .hasToString("FloatArray[2]");
    assertThat((Object) IntArray.copyOf(0)).isNotEqualTo(FloatArray.copyOf(0));
  }

  @Test
  void shouldRefuseSegmentsThatItCannotShare() {
    assertThatThrownBy(() -> FloatArray.of(Arena.ofAuto().allocate(6)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("6 bytes")
        .hasMessageContaining("FloatArray");
    try (Arena confined = Arena.ofConfined()) {
      MemorySegment segment = confined.allocate(4);
      assertThatThrownBy(() -> IntArray.of(segment))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("confined");
    }
    assertThatThrownBy(() -> IntArray.of(MemorySegment.ofArray(new int[1])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("copyOf");
  }
}
