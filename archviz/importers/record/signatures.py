"""How functions of torch that multiply matrices are called; see :func:`operators.bound`."""

LINEAR = "input weight bias=None"
EINSUM = "equation *operands"
CONV = "input weight bias=None stride=1 padding=0 dilation=1 groups=1"
TRANSPOSED = "input weight bias=None stride=1 padding=0 output_padding=0 groups=1 dilation=1"
ATTENTION = (
    "query key value mask|attn_mask=None dropout|dropout_p=0 causal|is_causal=False "
    "scale=None grouped|enable_gqa=False"
)
MULTI_HEAD = (
    "query key value width heads in_weight in_bias bias_k bias_v zero_attention dropout "
    "out_weight out_bias training=True key_padding_mask=None need_weights=True "
    "attn_mask=None separate|use_separate_proj_weight=False q_weight|q_proj_weight=None "
    "k_weight|k_proj_weight=None v_weight|v_proj_weight=None"
)
RECURRENT = "input state weights biased layers dropout training bidirectional batch_first=False"
