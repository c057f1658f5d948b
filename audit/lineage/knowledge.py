"""What is known about library calls, by the last part of their name."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Names in a text, separated by white space."""
    return frozenset(text.split())


# Transformers that learn something from the rows they are fitted on.
TRANSFORMERS = words(
    """
    StandardScaler MinMaxScaler MaxAbsScaler RobustScaler QuantileTransformer
    PowerTransformer KBinsDiscretizer SimpleImputer KNNImputer IterativeImputer Imputer PCA
    IncrementalPCA KernelPCA SparsePCA TruncatedSVD FastICA NMF FactorAnalysis
    DictionaryLearning LatentDirichletAllocation CountVectorizer TfidfVectorizer
    TfidfTransformer DictVectorizer VarianceThreshold TSNE UMAP Isomap MDS
    LocallyLinearEmbedding SpectralEmbedding SplineTransformer Nystroem
    GenericUnivariateSelect Normalization TextVectorization Discretization StringLookup
    ColumnTransformer FeatureUnion CountEncoder KMeans
    """
)
SUPERVISED_TRANSFORMERS = words(
    """
    SelectKBest SelectPercentile SelectFpr SelectFdr SelectFwe SelectFromModel RFE RFECV
    SequentialFeatureSelector GenericUnivariateSelect LinearDiscriminantAnalysis
    NeighborhoodComponentsAnalysis PLSRegression TargetEncoder LeaveOneOutEncoder
    MEstimateEncoder CatBoostEncoder JamesSteinEncoder WOEEncoder BorutaPy
    """
)
# They learn nothing, or only the set of labels.
HARMLESS_TRANSFORMERS = words(
    """
    LabelEncoder OneHotEncoder OrdinalEncoder LabelBinarizer MultiLabelBinarizer Normalizer
    Binarizer FunctionTransformer PolynomialFeatures HashingVectorizer FeatureHasher
    AdditiveChi2Sampler MissingIndicator BinaryEncoder HashingEncoder
    """
)
# They are fitted on the rows that they are made with.
FITTED_WHEN_MADE = frozenset({"Word2Vec", "FastText", "Doc2Vec"})
COMPOSITES = frozenset(
    {"Pipeline", "make_pipeline", "ColumnTransformer", "make_column_transformer"}
)

OVERSAMPLERS = words(
    """
    SMOTE ADASYN BorderlineSMOTE SVMSMOTE KMeansSMOTE SMOTENC SMOTEN RandomOverSampler
    SMOTEENN SMOTETomek
    """
)
UNDERSAMPLERS = words(
    """
    RandomUnderSampler NearMiss TomekLinks ClusterCentroids EditedNearestNeighbours
    RepeatedEditedNearestNeighbours AllKNN CondensedNearestNeighbour OneSidedSelection
    NeighbourhoodCleaningRule InstanceHardnessThreshold
    """
)

SPLITTERS = words(
    """
    KFold StratifiedKFold GroupKFold StratifiedGroupKFold RepeatedKFold
    RepeatedStratifiedKFold ShuffleSplit StratifiedShuffleSplit GroupShuffleSplit
    LeaveOneOut LeavePOut LeaveOneGroupOut LeavePGroupsOut TimeSeriesSplit PredefinedSplit
    check_cv MultilabelStratifiedKFold MultilabelStratifiedShuffleSplit
    """
)
GROUP_SPLITTERS = words(
    "GroupKFold StratifiedGroupKFold GroupShuffleSplit LeaveOneGroupOut LeavePGroupsOut"
)
CROSS_VALIDATORS = frozenset(
    [
        "cross_val_score",
        "cross_validate",
        "cross_val_predict",
        "learning_curve",
        "validation_curve",
        "permutation_test_score",
    ]
)
BOOSTERS = ("lightgbm.", "xgboost.", "catboost.")
SEARCHES = frozenset(
    [
        "GridSearchCV",
        "RandomizedSearchCV",
        "HalvingGridSearchCV",
        "HalvingRandomSearchCV",
        "BayesSearchCV",
        "TuneSearchCV",
    ]
)

FIT_METHODS = frozenset(
    {"fit", "partial_fit", "fit_generator", "train_on_batch", "train", "fit_one_cycle"}
)
PREDICT_METHODS = words(
    """
    predict predict_proba predict_log_proba predict_classes predict_generator
    predict_on_batch decision_function score score_samples evaluate evaluate_generator
    test_on_batch
    """
)
# Methods that only an object has, whatever module it was imported from.
MODEL_METHODS = (FIT_METHODS | PREDICT_METHODS | {"fit_transform", "fit_resample"}) - {"train"}
# Functions that return fitted coefficients.
SOLVERS = words(
    "lstsq solve pinv polyfit curve_fit least_squares minimize nnls lsqr fmin linregress"
)
SCORING = words(
    """
    accuracy_score f1_score precision_score recall_score roc_auc_score
    average_precision_score mean_squared_error root_mean_squared_error mean_absolute_error
    r2_score log_loss classification_report confusion_matrix balanced_accuracy_score
    matthews_corrcoef cohen_kappa_score explained_variance_score
    mean_absolute_percentage_error roc_curve auc precision_recall_curve
    """
)
LOADERS = words(
    """
    read_csv read_excel read_parquet read_pickle read_json read_table read_sql read_feather
    read_hdf load loadtxt genfromtxt load_data load_dataset fetch_openml load_iris
    load_digits load_wine load_breast_cancer load_diabetes load_boston
    fetch_california_housing fetch_20newsgroups imread loadmat
    """
)
SAVERS = words(
    """
    to_csv to_parquet to_pickle to_json to_excel to_feather to_hdf save savez
    savez_compressed savetxt dump
    """
)

# Statistics over the first axis unless an axis says otherwise.
STATISTICS = words(
    """
    mean median std var min max quantile mode ptp percentile nanmean nanmedian nanstd nanvar
    nanmin nanmax nanpercentile nanquantile average amin amax describe skew kurt kurtosis
    sem mad value_counts corr corrwith cov corrcoef mutual_info_classif
    mutual_info_regression f_classif f_regression chi2 zscore_stats agg aggregate sum norm
    """
)
SUPERVISED_STATISTICS = frozenset(
    [
        "corrwith",
        "mutual_info_classif",
        "mutual_info_regression",
        "f_classif",
        "f_regression",
        "chi2",
    ]
)
# Functions that apply such a statistic to the rows themselves.
STANDARDISERS = frozenset({"zscore", "scale", "minmax_scale", "robust_scale", "quantile_transform",
                           "power_transform", "maxabs_scale"})  # fmt: skip
GROUP_STATISTICS = words(
    """
    mean median std var min max sum mode first last nunique
    """
)

CONCATENATIONS = frozenset(
    {"concatenate", "concat", "cat", "vstack", "row_stack", "append", "r_", "ConcatDataset"}
)
COLUMN_CONCATENATIONS = frozenset({"hstack", "column_stack", "c_", "stack", "dstack"})

# Values that hold no rows of the experiment.
FRESH_MODULES = ("numpy.random", "random", "time", "datetime", "os", "pathlib", "matplotlib",
                 "seaborn", "plotly", "warnings", "logging", "argparse", "yaml", "glob",
                 "secrets", "uuid", "platform", "sys", "psutil")  # fmt: skip
FRESH_FUNCTIONS = words(
    """
    zeros ones full empty zeros_like ones_like empty_like full_like eye identity linspace
    logspace randn rand randint random normal uniform standard_normal len print format round
    isinstance hasattr getattr type id input display figure subplots set_seed seed
    compile summary info head_plot plot hist show savefig
    """
)
INDEX_FUNCTIONS = words(
    """
    arange range argsort permutation randperm nonzero flatnonzero argwhere RangeIndex
    """
)  # fmt: skip
ROWWISE_MODULES = words(
    """
    numpy pandas scipy sklearn tensorflow keras torch math copy itertools functools
    collections builtins cupy dask jax torchvision xgboost lightgbm catboost statsmodels
    imblearn PIL cv2 skimage librosa nltk re string json pickle joblib tqdm
    """
)
SIZE_ATTRIBUTES = words(
    """
    shape ndim size dtype dtypes columns empty name names __name__ feature_names
    target_names DESCR
    """
)
VIEW_ATTRIBUTES = words(
    """
    loc iloc values T str dt at iat cat array flat real imag data x
    """
)
# Methods whose arguments are expressions of the table's own columns.
POLARS_METHODS = frozenset({"with_columns", "select", "filter"})
STAT_USERS = words(
    """
    fillna fill_null fill_nan clip where mask replace map sub subtract div divide truediv mul
    multiply add merge join maximum minimum nan_to_num combine_first true_divide apply transform put
    putmask copyto interp digitize cut reindex drop filter select_dtypes
    """
)


def last(name: str) -> str:
    """Last part of a dotted name."""
    return name.rsplit(".", 1)[-1]


def is_known_library(name: str) -> bool:
    """Whether a dotted name belongs to a library whose functions keep rows as they are."""
    return name.split(".", 1)[0] in ROWWISE_MODULES


def makes_nothing_of_rows(name: str) -> bool:
    """Whether the result of a call holds no rows: random numbers, sizes, files, plots."""
    return last(name) in FRESH_FUNCTIONS or any(
        name == module or name.startswith(module + ".") for module in FRESH_MODULES
    )
