package io.manta.samples;

import io.manta.actors.Manta;
import io.manta.samples.classifier.Prediction;
import io.manta.samples.classifier.TextClassifier;
import io.manta.serve.Deployment;

/// How the sample text classifier is served.
public final class ClassifierDeployment {
  public static final String ROUTE = "/classify";
  public static final int REPLICAS = 2;

  private ClassifierDeployment() {}

  /// Two replicas with half a gpu each where the cluster has gpus.
  public static Deployment<TextClassifier.Request, Prediction> on(Manta manta) {
    var deployment =
        Deployment.of("text-classifier", TextClassifier::new)
            .replicas(REPLICAS)
            .route(ROUTE)
            // Asking twice does no harm, so a request whose replica dies is tried on the other.
            .idempotent();
    return manta.clusterResources().gpus() >= 1 ? deployment.gpus(0.5) : deployment;
  }

  /// A line for a shell.
  ///
  /// @param url of the route
  public static String curl(Object url) {
    return "curl -X POST %s -H 'Content-Type: application/json' -d '{\"text\": \"This is great!\"}'"
        .formatted(url);
  }
}
